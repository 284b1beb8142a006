// SPDX-License-Identifier: MIT
#include "tests/sim_base/control_server.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <stdexcept>
#include <thread>

namespace sim_base {
namespace {

using httplib::Request;
using httplib::Response;
using nlohmann::json;

void send(Response& response, int status, const json& body) {
    response.status = status;
    response.set_content(body.dump(2) + "\n", "application/json");
}

}  // namespace

struct ControlServer::Http {
    httplib::Server server;
    int port = 0;
    std::thread thread;
};

ControlServer::ControlServer() : http_(std::make_unique<Http>()) {
    http_->server.set_error_handler([](const Request& request, Response& response) {
        if (response.body.empty()) {
            send(response, response.status,
                 {{"error", fmt::format("no call {} {}", request.method, request.path)}});
        }
    });
}

void ControlServer::add(const std::string& name, std::function<json(const Request&)> answer) {
    const std::size_t blank = name.find(' ');
    const std::string method = name.substr(0, blank);
    const std::string path = name.substr(blank + 1);
    const auto handler = [answer = std::move(answer)](const Request& request, Response& response) {
        try {
            send(response, 200, answer(request));
        } catch (const std::exception& error) {
            send(response, 400, {{"error", error.what()}});
        }
    };
    httplib::Server& server = http_->server;
    method == "GET"    ? server.Get(path, handler)
    : method == "POST" ? server.Post(path, handler)
    : method == "PUT"  ? server.Put(path, handler)
                       : server.Delete(path, handler);
}

void ControlServer::start(const std::string& host, std::uint16_t port) {
    httplib::Server& server = http_->server;
    http_->port = port == 0 ? server.bind_to_any_port(host)
                            : (server.bind_to_port(host, port) ? static_cast<int>(port) : -1);
    if (http_->port < 0) {
        throw std::runtime_error(fmt::format("cannot listen on {}:{}", host, port));
    }
    http_->thread = std::thread([this] { http_->server.listen_after_bind(); });
    // httplib ignores a stop() that comes before its loop runs.
    while (!server.is_running()) {
        std::this_thread::yield();
    }
}

ControlServer::~ControlServer() {
    if (http_->thread.joinable()) {
        http_->server.stop();
        http_->thread.join();
    }
}

std::uint16_t ControlServer::port() const {
    return static_cast<std::uint16_t>(http_->port);
}

}  // namespace sim_base
