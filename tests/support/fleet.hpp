// SPDX-License-Identifier: MIT
#pragma once

#include "tests/support/scenario.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

/// Helpers for tests of a platform with very many accounts, all of which can take payments.
namespace paysync::test {

/// Makes the scenario's Stripe generate `accounts` accounts, and makes each the integration of a
/// company c1, c2 …; returns the account ids. Call it before the daemon starts.
std::vector<std::string> make_fleet(Scenario& world, int accounts);

/// The peak memory of the process, in KiB.
int high_water_kib(pid_t process);

}  // namespace paysync::test
