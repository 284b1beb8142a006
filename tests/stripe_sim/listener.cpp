// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/listener.hpp"

#include "tests/stripe_sim/connection.hpp"
#include "tests/stripe_sim/thread_queue.hpp"

#include <sys/socket.h>

#include <chrono>
#include <stdexcept>
#include <thread>

namespace stripe_sim {
namespace {

constexpr int kKeepAliveMs = 75000;
constexpr int kBacklog = 1024;
constexpr size_t kLargestBody = 4 << 20;

/// The connection that this worker thread serves. httplib does not pass it to the handler.
thread_local Connection* served = nullptr;

Call call_of(const httplib::Request& request) {
    Call call;
    size_t mark = request.target.find('?');
    call.method = request.method;
    call.path = request.target.substr(0, mark);
    call.query = mark == std::string::npos ? "" : request.target.substr(mark + 1);
    call.content_type = request.get_header_value("Content-Type");
    call.authorization = request.get_header_value("Authorization");
    call.stripe_account = request.get_header_value("Stripe-Account");
    call.stripe_version = request.get_header_value("Stripe-Version");
    call.idempotency_key = request.get_header_value("Idempotency-Key");
    return call;
}

}  // namespace

Listener::Listener(Handle handle, size_t max_threads) : handle_(std::move(handle)) {
    new_task_queue = [max_threads] { return new ThreadQueue(max_threads); };
    set_tcp_nodelay(true);
    set_keep_alive_max_count(1'000'000'000);
    set_keep_alive_timeout(kKeepAliveMs / 1000);
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
        return answer(request, response);
    });
}

Listener::~Listener() = default;

int Listener::bind(const std::string& host, int port) {
    int bound = port;
    if (port == 0) {
        bound = bind_to_any_port(host);
    } else if (!bind_to_port(host, port)) {
        bound = -1;
    }
    // With httplib's own backlog of 5 a burst of connections would wait for a second.
    if (bound <= 0 || ::listen(svr_sock_, kBacklog) != 0) {
        throw std::runtime_error("cannot listen on " + host + ":" + std::to_string(port));
    }
    return bound;
}

void Listener::serve() {
    listen_after_bind();
}

void Listener::wait_until_serving() const {
    while (!is_running()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

void Listener::close() {
    std::lock_guard lock(mutex_);
    closing_ = true;
    for (socket_t socket : open_) {
        ::shutdown(socket, SHUT_RDWR);
    }
    stop();
}

bool Listener::process_and_close_socket(socket_t socket) {
    Connection connection(socket);
    {
        std::lock_guard lock(mutex_);
        if (closing_) {
            return false;
        }
        open_.insert(socket);
    }
    served = &connection;
    bool going = true;
    while (going && connection.wait_readable(kKeepAliveMs)) {
        bool closed = false;
        going = process_request(connection, false, closed, nullptr) && !closed;
        going = connection.flush() && going;
    }
    served = nullptr;
    std::lock_guard lock(mutex_);
    open_.erase(socket);
    return true;
}

httplib::Server::HandlerResponse Listener::answer(const httplib::Request& request,
                                                  httplib::Response& response) {
    Call call = call_of(request);
    std::string length = request.get_header_value("Content-Length");
    Answer answer;
    if (request.has_header("Transfer-Encoding") || length.size() > 9 ||
        length.find_first_not_of("0123456789") != std::string::npos ||
        std::stoull("0" + length) > kLargestBody) {
        answer.status = 411;
        answer.headers.emplace_back("Connection", "close");
    } else if (!served->read_body(std::stoull("0" + length), call.body)) {
        answer.transport.reset = true;
    } else {
        answer = handle_(call);
    }
    served->set_transport(answer.transport);
    response.status = answer.status == 0 ? 500 : answer.status;
    for (const auto& [name, value] : answer.headers) {
        response.set_header(name, value);
    }
    response.set_header("Content-Type", answer.content_type);
    // httplib would compress for clients that accept it, which costs more than everything else.
    const bool direct = answer.body.size() >= kDirectBytes || request.has_header("Accept-Encoding");
    if (direct && !answer.body.empty() && !request.has_header("Range")) {
        response.set_header("Content-Length", std::to_string(answer.body.size()));
        served->set_body(std::move(answer.body));
    } else {
        response.body = std::move(answer.body);
    }
    return HandlerResponse::Handled;
}

}  // namespace stripe_sim
