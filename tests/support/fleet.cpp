// SPDX-License-Identifier: MIT
#include "tests/support/fleet.hpp"

#include <fmt/format.h>

#include <fstream>

namespace paysync::test {

std::vector<std::string> make_fleet(Scenario& world, int accounts) {
    const nlohmann::json shape = {{"accounts", accounts}, {"stages", {{"enabled", 1.0}}}};
    world.stripe().world().generate(shape);
    // Computed ids are the same in every process.
    const stripe_sim::GeneratedAccounts twin(
        world.stripe().options(), world.stripe().world().clock(),
        stripe_sim::AccountShape::from_json(shape, world.stripe().world().now()), 0);
    std::vector<std::string> ids;
    std::string list;
    for (std::uint64_t i = 0; i < twin.size(); ++i) {
        ids.push_back(twin.id(i));
        list += (list.empty() ? "" : ",") + ids.back();
    }
    world.sql(fmt::format(
        "WITH account AS (SELECT id, row_number() OVER () AS n FROM "
        "string_to_table('{}', ',') id), company AS (INSERT INTO pay.company (company, name) "
        "SELECT 'c' || n, 'Company ' || n FROM account) "
        "INSERT INTO pay_private.integration (account_id, company, livemode) SELECT id, 'c' || "
        "n, false FROM account",
        list));
    return ids;
}

int high_water_kib(pid_t process) {
    std::ifstream status(fmt::format("/proc/{}/status", process));
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:"))
            return std::stoi(line.substr(6));
    return -1;
}

}  // namespace paysync::test
