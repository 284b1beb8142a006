// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"

#include <iosfwd>

namespace paysync {

/// Tries everything that the daemon needs and prints a line for each: the database with its schema
/// and rights, each kind of call to Stripe, the login at each mail server. Returns false when one
/// of them failed.
///
/// Changes nothing: a call that would create something is made with a parameter that Stripe does
/// not know. Stripe checks the permission of the key first, so 403 means that it is missing, and
/// 400 that it is there.
bool check_online(const config::Config& config, std::ostream& out);

}  // namespace paysync
