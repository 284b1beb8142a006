// SPDX-License-Identifier: MIT
#include "daemon/base/db/migrator.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/session.hpp"
#include "jobs/schema/schema.hpp"

#include <cstdlib>
#include <iostream>
#include <memory>

namespace paysync::ctl {

namespace {

void print_plan(const db::MigrationPlan& plan, bool dry_run) {
    if (plan.nothing() && !dry_run) {
        std::cout << "the schema is up to date (paysync " << schema::current().version << ")"
                  << std::endl;
        return;
    }
    if (plan.empty)
        std::cout << "database: empty; tables " << (dry_run ? "would be" : "are") << " made\n";
    for (const auto* upgrade : plan.upgrades)
        std::cout << "upgrade " << upgrade->name << (dry_run ? ": would run" : ": runs")
                  << (upgrade->breaking ? " (older versions of paysync will refuse this database)"
                                        : "")
                  << '\n';
    std::cout << "code: " << (plan.code ? "changed" : "unchanged")
              << (plan.code && !dry_run ? "; is applied" : "") << std::endl;
}

int migrate(Session& session, bool dry_run) {
    db::migrate(session.conninfo_without_limits(), schema::current(), dry_run,
                [dry_run](const db::MigrationPlan& plan) { print_plan(plan, dry_run); });
    return EXIT_SUCCESS;
}

}  // namespace

void add_migrate(Commands& commands) {
    const auto dry_run = std::make_shared<bool>(false);
    auto command =
        commands.add("migrate", "create the database schema, or upgrade it to this version",
                     [dry_run](Session& session) { return migrate(session, *dry_run); });
    command.flag("--dry-run", *dry_run, "only print what would be applied");
}

}  // namespace paysync::ctl
