// SPDX-License-Identifier: MIT
#include "daemon/base/metrics/server.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>

#include <stdexcept>
#include <thread>

namespace paysync::metrics {

namespace {

/// Few, because the pages are requested a few times a minute.
constexpr std::size_t kThreads = 2;
constexpr int kTimeoutSeconds = 5;

}  // namespace

struct Server::State {
    httplib::Server http;
    int port = 0;
    std::thread thread;
};

Server::Server(const std::string& host, int port, Pages pages) : state_(std::make_unique<State>()) {
    auto& http = state_->http;
    http.new_task_queue = [] {
        return new httplib::ThreadPool(kThreads);
    };  // httplib takes ownership
    http.set_read_timeout(kTimeoutSeconds);
    http.set_write_timeout(kTimeoutSeconds);
    http.set_keep_alive_max_count(1);
    http.set_payload_max_length(0);
    // httplib's default is SO_REUSEPORT, with which a second daemon could listen on the same port
    // without an error.
    http.set_socket_options([](auto socket) {
        const int yes = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    for (const auto* path : {"/metrics", "/livez", "/readyz", "/healthz"})
        http.Get(path, [pages](const httplib::Request& request, httplib::Response& response) {
            const auto page = pages(request.path);
            response.status = page.status;
            response.set_content(page.body, page.type.c_str());
        });
    const bool bound = port == 0 ? (state_->port = http.bind_to_any_port(host.c_str())) > 0
                                 : http.bind_to_port(host.c_str(), state_->port = port);
    if (!bound)
        throw std::runtime_error(fmt::format(
            "metrics.listen: cannot listen on {}:{}; is the address in use?", host, port));
    state_->thread = std::thread([this] { state_->http.listen_after_bind(); });
    // A stop() before that would have no effect.
    while (!state_->http.is_running())
        std::this_thread::yield();
}

Server::~Server() {
    state_->http.stop();
    state_->thread.join();
}

int Server::port() const noexcept {
    return state_->port;
}

}  // namespace paysync::metrics
