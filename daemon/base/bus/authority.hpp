// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/bus/connection.hpp"

#include <string>

namespace paysync::bus {

/// Asks who sent a message and whether he may have done what `action` names: root and the daemon's
/// own user may, others when polkit says so. Without polkit they may not.
class Authority {
public:
    explicit Authority(Connection& connection) : connection_(connection) {}

    /// Yields the sender's uid. Throws Error, with AccessDenied when he may not.
    Task<unsigned> require(Message call, std::string action);

private:
    Task<unsigned> user_of(std::string sender);
    Task<bool> allowed(std::string sender, std::string action, bool interactive);

    Connection& connection_;
};

}  // namespace paysync::bus
