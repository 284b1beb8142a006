// SPDX-License-Identifier: MIT
#include "tests/fault_proxy/control.hpp"

#include "tests/fault_proxy/json.hpp"
#include "tests/fault_proxy/proxy.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <stdexcept>
#include <thread>

namespace fault_proxy {
namespace {

using httplib::Request;
using httplib::Response;
using nlohmann::json;

void send(Response& response, const json& body) {
    response.set_content(body.dump(2) + "\n", "application/json");
}

/// Runs what changes the proxy; what it throws is the client's fault.
template <typename Change>
httplib::Server::Handler changing(Change change) {
    return [change](const Request& request, Response& response) {
        try {
            change(request);
            send(response, json::object());
        } catch (const std::exception& error) {
            response.status = 400;
            send(response, {{"error", error.what()}});
        }
    };
}

bool is_yes(const char* name, const std::string& value) {
    if (value != "yes" && value != "no") {
        throw std::invalid_argument(fmt::format("'{}' must be yes or no", name));
    }
    return value == "yes";
}

void put_settings(Proxy& proxy, const Request& request) {
    const Settings settings = settings_from_json(json::parse(request.body));
    const std::string whom = request.has_param("for") ? request.get_param_value("for") : "all";
    if (whom == "all") {
        proxy.set(settings);
    } else if (whom == "new") {
        proxy.set_new(settings);
    } else if (whom == "existing") {
        proxy.set_existing(settings);
    } else if (whom == "next") {
        const std::string text = request.get_param_value("count");
        std::size_t count = 0;
        const char* const last = text.data() + text.size();
        if (std::from_chars(text.data(), last, count).ptr != last || text.empty()) {
            throw std::invalid_argument("'count' must be a whole number");
        }
        proxy.set_next(count, settings);
    } else {
        throw std::invalid_argument("'for' must be all, new, existing or next");
    }
}

}  // namespace

struct Control::Http {
    httplib::Server server;
    int port = 0;
    std::thread thread;
};

Control::Control(Proxy& proxy, const std::string& host, std::uint16_t port)
    : http_(std::make_unique<Http>()) {
    httplib::Server& http = http_->server;
    http.Get("/settings", [&proxy](const Request&, Response& response) {
        send(response, to_json(proxy.settings()));
    });
    http.Get("/counters", [&proxy](const Request&, Response& response) {
        send(response, to_json(proxy.counters()));
    });
    http.Put("/settings",
             changing([&proxy](const Request& request) { put_settings(proxy, request); }));
    http.Put("/target",
             changing([&proxy](const Request& request) { proxy.set_target(request.body); }));
    http.Put("/refuse", changing([&proxy](const Request& request) {
                 proxy.refuse(is_yes("refuse", request.body));
             }));
    http.Delete("/connections", changing([&proxy](const Request& request) {
                    proxy.cut_all(request.has_param("reset") &&
                                  is_yes("reset", request.get_param_value("reset")));
                }));
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

}  // namespace fault_proxy
