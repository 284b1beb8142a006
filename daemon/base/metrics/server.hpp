// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace paysync::metrics {

/// What goes out.
struct Page {
    int status = 200;
    std::string type = "text/plain; charset=utf-8";
    std::string body;
};

/// A small HTTP server on threads of its own, for loopback: GET of a few fixed paths.
class Server {
public:
    /// Makes the page of a path. Called on a thread of the server; it may block for some seconds.
    using Pages = std::function<Page(const std::string& path)>;

    /// Listens at once, on a free port when `port` is 0. Throws std::runtime_error when the address
    /// cannot be had.
    Server(const std::string& host, int port, Pages pages);
    /// Waits for the pages that are being made.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    int port() const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace paysync::metrics
