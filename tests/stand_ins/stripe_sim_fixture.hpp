// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/server.hpp"

#include <gtest/gtest.h>
#include <httplib.h>

#include <string>
#include <thread>
#include <vector>

/// The fixture of the simulator's tests: a server with a stopped clock, and an HTTP client with the
/// headers that Stripe requires.
namespace stripe_sim {

constexpr const char* kVersion = "2026-10-28.endive";
constexpr const char* kForm = "application/x-www-form-urlencoded";
constexpr int64_t kStart = 1'790'000'000;

inline Options fixed_options() {
    Options options;
    options.start_time = kStart;
    options.stopped_clock = true;
    return options;
}

struct Got {
    int status = 0;
    Json body;
    httplib::Headers headers;

    std::string header(const std::string& name) const {
        auto found = headers.find(name);
        return found == headers.end() ? "" : found->second;
    }
    std::string code() const { return text_of(body["error"], "code"); }
    std::string type() const { return text_of(body["error"], "type"); }
    std::string param() const { return text_of(body["error"], "param"); }
};

class StripeSim : public testing::Test {
protected:
    httplib::Headers headers(const std::string& account = "", const std::string& key = "") const {
        httplib::Headers out = {{"Authorization", "Bearer " + server.options().key},
                                {"Stripe-Version", kVersion}};
        if (!account.empty()) {
            out.emplace("Stripe-Account", account);
        }
        if (!key.empty()) {
            out.emplace("Idempotency-Key", key);
        }
        return out;
    }

    static Got got(const httplib::Result& result) {
        if (!result) {
            return {};
        }
        return {result->status, Json::parse(result->body, nullptr, false), result->headers};
    }

    Got get(const std::string& path, const std::string& account = "") {
        return got(client.Get(path.c_str(), headers(account)));
    }

    Got post(const std::string& path, const std::string& body, const std::string& account = "",
             const std::string& key = "") {
        return got(client.Post(path.c_str(), headers(account, key), body, kForm));
    }

    Got script(const std::string& path, const Json& body) {
        return got(client.Post(("/_sim/" + path).c_str(), dump(body), "application/json"));
    }

    std::string enabled_account() {
        std::string id =
            text_of(server.world().create_account({{"email", "owner@example.com"}}), "id");
        server.world().complete_onboarding(id);
        return id;
    }

    std::string link_body(const std::string& more = "") const {
        return "line_items[0][price_data][currency]=usd"
               "&line_items[0][price_data][unit_amount]=2500"
               "&line_items[0][price_data][product_data][name]=Invoice%2042"
               "&line_items[0][quantity]=1&restrictions[completed_sessions][limit]=1"
               "&metadata[request_id]=pr_1&payment_intent_data[metadata][request_id]=pr_1" +
               more;
    }

    std::string path_of(const std::string& url) const {
        return url.substr(server.base_url().size());
    }

    static std::vector<std::string> ids(const Json& list) {
        std::vector<std::string> out;
        for (const Json& each : list["data"]) {
            out.push_back(text_of(each, "id"));
        }
        return out;
    }

    Server server{fixed_options()};
    httplib::Client client{server.options().host, server.port()};
};

}  // namespace stripe_sim
