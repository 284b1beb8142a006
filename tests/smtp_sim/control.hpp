// SPDX-License-Identifier: MIT
#pragma once

#include "tests/sim_base/control_server.hpp"

namespace smtp_sim {

class Server;

/// The control port of a server: its records and rules over HTTP with JSON.
/// docs/stand-ins/smtp_sim.md lists the calls.
class Control : public sim_base::ControlServer {
public:
    Control(Server& server, const std::string& host, std::uint16_t port);
    /// The names of all calls, stages, acts, keys of a rule and outcomes, for `smtp_sim
    /// --describe`.
    static nlohmann::json describe();
};

}  // namespace smtp_sim
