// SPDX-License-Identifier: MIT
#include "daemon/base/http/curl_client.hpp"

#include "tests/fault_proxy/proxy.hpp"
#include "tests/stripe_sim/server.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

namespace paysync::http {
namespace {

Task<int> status_of(CurlClient& client, Request request) {
    const auto response = co_await client.send(request, std::stop_token());
    co_return response.status;
}

/// The number of connections that a GET and then a POST use.
std::uint64_t connections(bool once) {
    stripe_sim::Server server;
    fault_proxy::Proxy proxy{{.target = "127.0.0.1:" + std::to_string(server.port())}};
    const auto base = "http://127.0.0.1:" + std::to_string(proxy.port());
    Loop loop;
    CurlClient client(loop, 4, "test");
    Request get("GET", base + "/v1/balance");
    get.headers = {{"Authorization", "Bearer " + server.options().key},
                   {"Stripe-Version", "2026-10-28.endive"}};
    EXPECT_EQ(run_task(loop, status_of(client, get)), 200);
    Request post("POST", base + "/oauth/token");
    post.headers = get.headers;
    post.body = "grant_type=authorization_code&code=ac_1";
    post.at_most_once = once;
    EXPECT_EQ(run_task(loop, status_of(client, post)), 400);
    return proxy.counters().accepted;
}

// If a kept connection dies before the first byte of the answer, libcurl sends the request again by
// itself.
TEST(CurlClient, UsesANewConnectionForCallsThatMustNotArriveTwice) {
    EXPECT_EQ(connections(false), 1U);
    EXPECT_EQ(connections(true), 2U);
}

}  // namespace
}  // namespace paysync::http
