// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/control.hpp"

#include "tests/smtp_sim/json.hpp"
#include "tests/smtp_sim/server.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <stdexcept>
#include <thread>

namespace smtp_sim {
namespace {

using nlohmann::json;

void send(httplib::Response& response, const json& body, int status = 200) {
    response.status = status;
    response.set_content(body.dump(2) + "\n", "application/json");
}

json list_of(const std::vector<Transaction>& transactions, const httplib::Request& request) {
    const bool with_data = request.get_param_value("data") != "no";
    json out = json::array();
    for (const Transaction& transaction : transactions) {
        out.push_back(to_json(transaction, with_data));
    }
    return out;
}

void get_messages(const Server& server, const httplib::Request& request,
                  httplib::Response& response) {
    if (!request.has_param("header")) {
        const std::vector<Message> messages = server.messages();
        send(response, {{"count", messages.size()}, {"messages", list_of(messages, request)}});
        return;
    }
    const Accepted accepted = server.accepted_with_header(request.get_param_value("header"),
                                                          request.get_param_value("value"));
    send(response, {{"count", accepted.count},
                    {"identical", accepted.identical},
                    {"messages", list_of(accepted.messages, request)}});
}

void post_rules(Server& server, const httplib::Request& request, httplib::Response& response) {
    try {
        const json body = json::parse(request.body);
        // All of a list or none of it.
        std::vector<Rule> rules;
        for (const json& item : body.is_array() ? body : json::array({body})) {
            rules.push_back(rule_from_json(item));
            if (rules.back().every == 0) {
                throw std::invalid_argument("'every' must be at least 1");
            }
        }
        json ids = json::array();
        for (Rule& rule : rules) {
            ids.push_back(server.add_rule(std::move(rule)));
        }
        send(response, {{"ids", ids}}, 201);
    } catch (const std::exception& error) {
        send(response, {{"error", error.what()}}, 400);
    }
}

void get_rules(const Server& server, httplib::Response& response) {
    json out = json::array();
    for (const auto& [id, rule] : server.rules()) {
        json item = to_json(rule);
        item["id"] = id;
        item["acted"] = server.acted(id);
        out.push_back(std::move(item));
    }
    send(response, {{"rules", out}});
}

}  // namespace

struct Control::Http {
    httplib::Server server;
    int port = 0;
    std::thread thread;
};

Control::Control(Server& server, const std::string& host, std::uint16_t port)
    : http_(std::make_unique<Http>()) {
    using httplib::Request;
    using httplib::Response;
    httplib::Server& http = http_->server;
    http.Get("/messages", [&server](const Request& request, Response& response) {
        get_messages(server, request, response);
    });
    http.Get("/attempts", [&server](const Request& request, Response& response) {
        const std::vector<Transaction> attempts = server.attempts();
        send(response, {{"count", attempts.size()}, {"attempts", list_of(attempts, request)}});
    });
    http.Delete("/messages", [&server](const Request&, Response& response) {
        server.forget();
        send(response, json::object());
    });
    http.Get("/rules",
             [&server](const Request&, Response& response) { get_rules(server, response); });
    http.Post("/rules", [&server](const Request& request, Response& response) {
        post_rules(server, request, response);
    });
    http.Delete("/rules", [&server](const Request&, Response& response) {
        server.clear_rules();
        send(response, json::object());
    });
    http.Get("/counters", [&server](const Request&, Response& response) {
        json out = to_json(server.counters());
        out["accepted"] = server.accepted();
        send(response, out);
    });
    http.Delete("/connections", [&server](const Request&, Response& response) {
        server.cut_all();
        send(response, json::object());
    });
    http_->port = port == 0 ? http.bind_to_any_port(host)
                            : (http.bind_to_port(host, port) ? static_cast<int>(port) : -1);
    if (http_->port < 0) {
        throw std::runtime_error(fmt::format("cannot listen on {}:{}", host, port));
    }
    http_->thread = std::thread([this] { http_->server.listen_after_bind(); });
    // A stop before the loop runs would be lost.
    while (!http.is_running()) {
        std::this_thread::yield();
    }
}

Control::~Control() {
    http_->server.stop();
    http_->thread.join();
}

std::uint16_t Control::port() const {
    return static_cast<std::uint16_t>(http_->port);
}

}  // namespace smtp_sim
