// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"

#include <iosfwd>

namespace paysync {

/// Tries what the daemon will need, a line each: the database with its schema and rights, each call
/// to Stripe that the key must be allowed to make, the login at each mail server. Changes nothing:
/// what writes is asked for with a parameter that Stripe refuses. Yields whether all is well.
bool check_online(const config::Config& config, std::ostream& out);

}  // namespace paysync
