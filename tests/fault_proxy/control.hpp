// SPDX-License-Identifier: MIT
#pragma once

#include "tests/sim_base/control_server.hpp"

namespace fault_proxy {

class Proxy;

/// The proxy's settings and counters over HTTP and JSON; docs/stand-ins/fault_proxy.md lists the
/// calls.
class Control : public sim_base::ControlServer {
public:
    Control(Proxy& proxy, const std::string& host, std::uint16_t port);
    /// What scripts can say: the names of calls and settings.
    static nlohmann::json describe();
};

}  // namespace fault_proxy
