// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/bus/connection.hpp"

#include <string>

namespace paysync::bus {

/// Checks whether the sender of a D-Bus call is authorized.
///
/// sd-bus lets any user call the daemon's methods, so that each method can check a polkit action of
/// its own. root and the user of the daemon are always authorized. For others polkit decides by its
/// rules, and may ask for a password if the caller allows interaction. If polkit is not installed
/// or does not answer within 2 minutes, they are not authorized.
///
/// Loop thread only. `connection` must outlive this object.
class Authority {
public:
    explicit Authority(Connection& connection) : connection_(connection) {}

    /// Returns the uid of the sender of `call`. Throws Error AccessDenied if it is not authorized
    /// for the polkit action, such as kReloadAction.
    Task<unsigned> require(Message call, std::string action);

private:
    Task<unsigned> uid_of(std::string sender);
    Task<bool> is_authorized(std::string sender, std::string action, bool interactive);

    Connection& connection_;
};

}  // namespace paysync::bus
