// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/call.hpp"

#include <httplib.h>

#include <functional>
#include <mutex>
#include <set>
#include <string>

namespace stripe_sim {

/// The HTTP server: one thread per connection, created when needed. It keeps connections alive and
/// can distort answers.
class Listener : public httplib::Server {
public:
    using Handle = std::function<Answer(const Call&)>;

    Listener(Handle handle, size_t max_threads);
    ~Listener() override;

    /// Binds and returns the port. Throws std::runtime_error.
    int bind(const std::string& host, int port);
    /// Serves until close(); blocks.
    void serve();
    /// Returns once serve() accepts connections, so that close() is sure to end it.
    void wait_until_serving() const;
    /// Ends listening and all connections; any thread may call.
    void close();

private:
    bool process_and_close_socket(socket_t socket) override;
    HandlerResponse answer(const httplib::Request& request, httplib::Response& response);

    Handle handle_;
    std::mutex mutex_;
    std::set<socket_t> open_;
    bool closing_ = false;
};

}  // namespace stripe_sim
