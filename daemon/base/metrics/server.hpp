// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace paysync::metrics {

/// An HTTP response.
struct Page {
    int status = 200;
    std::string type = "text/plain; charset=utf-8";
    std::string body;
};

/// The HTTP server for Prometheus and health checks: GET of /metrics, /livez, /readyz and /healthz.
///
/// It has threads of its own, so that a client gets an error, and not a timeout, if the event loop
/// is blocked. There is no login and no TLS; the configuration allows loopback addresses only.
class Server {
public:
    /// Returns the page of one of the paths above. Called on a thread of the server, by up to two
    /// threads at a time; may block for some seconds.
    using Pages = std::function<Page(const std::string& path)>;

    /// Listens when the constructor returns. Port 0 means any free port. Throws std::runtime_error
    /// if the address is not available.
    Server(const std::string& host, int port, Pages pages);
    /// Waits for running requests.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// The port that the server listens on.
    int port() const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace paysync::metrics
