// SPDX-License-Identifier: MIT
#pragma once

#include "tests/sim_base/control_server.hpp"

namespace smtp_sim {

class Server;

/// The server's records and rules over HTTP and JSON; docs/stand-ins/smtp_sim.md lists the calls.
class Control : public sim_base::ControlServer {
public:
    Control(Server& server, const std::string& host, std::uint16_t port);
    /// What scripts can say: the names of calls, stages, acts, keys of a rule and outcomes.
    static nlohmann::json describe();
};

}  // namespace smtp_sim
