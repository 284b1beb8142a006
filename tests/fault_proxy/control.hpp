// SPDX-License-Identifier: MIT
#pragma once

#include "tests/sim_base/control_server.hpp"

namespace fault_proxy {

class Proxy;

/// The control port of a proxy: its settings and counters over HTTP with JSON.
/// docs/stand-ins/fault_proxy.md lists the calls.
class Control : public sim_base::ControlServer {
public:
    Control(Proxy& proxy, const std::string& host, std::uint16_t port);
    /// The names of all calls and settings, for `fault_proxy --describe`.
    static nlohmann::json describe();
};

}  // namespace fault_proxy
