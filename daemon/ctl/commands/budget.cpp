// SPDX-License-Identifier: MIT
#include "config/config.hpp"
#include "daemon/base/bus/client.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/session.hpp"
#include "daemon/ctl/table.hpp"

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace paysync::ctl {

namespace {

int print_budget(Session& session) {
    const auto budget = bus::Client(session.config().bus.name).budget();
    char rate[32] = "";
    std::snprintf(rate, sizeof rate, "%.1f", budget.rate);
    Table table({"calls per second", "under way", "of at most", "waiting"});
    table.add({rate, std::to_string(budget.in_flight), std::to_string(budget.in_flight_limit),
               std::to_string(budget.waiting)});
    std::cout << table.text();
    return EXIT_SUCCESS;
}

}  // namespace

void add_budget(Commands& commands) {
    commands.add("budget", "show how many Stripe calls the daemon on this host makes and may make",
                 print_budget);
}

}  // namespace paysync::ctl
