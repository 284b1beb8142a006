// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace fault_proxy {

class Proxy;

/// The proxy's settings and counters over HTTP and JSON, from the constructor to the destructor. On
/// its own thread; the proxy must outlive it. docs/stand-ins/fault_proxy.md lists the calls.
class Control {
public:
    /// Port 0: any free port. Throws std::runtime_error when it cannot listen.
    Control(Proxy& proxy, const std::string& host, std::uint16_t port);
    ~Control();
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

    std::uint16_t port() const;

private:
    struct Http;
    std::unique_ptr<Http> http_;
};

}  // namespace fault_proxy
