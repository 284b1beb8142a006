// SPDX-License-Identifier: MIT
#pragma once

#include "tests/support/scenario.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

/// A platform with very many accounts, all of which may take payments.
namespace paysync::test {

/// Lets the scenario's Stripe have `accounts` of them, and makes each the integration of a company
/// c1, c2 …; yields their ids. Before the daemon starts.
std::vector<std::string> make_fleet(Scenario& world, int accounts);

/// The most memory that the process ever had, in KiB.
int high_water_kib(pid_t process);

}  // namespace paysync::test
