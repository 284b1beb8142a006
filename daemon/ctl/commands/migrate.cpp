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

std::string up_to_date() {
    return "the schema is up to date (paysync " + schema::current().version + ")\n";
}

/// In the present tense while it is done, and in the conditional of a dry run.
void print_plan(const db::MigrationPlan& plan, bool dry_run) {
    const char* would = dry_run ? "would make" : "making";
    if (plan.nothing()) {
        std::cout << up_to_date() << std::flush;
        return;
    }
    if (plan.empty)
        std::cout << would << " the tables: the database is empty\n";
    for (const auto* upgrade : plan.upgrades)
        std::cout << would << " the upgrade " << upgrade->name
                  << (upgrade->breaking ? " (older versions of paysync will refuse this database)"
                                        : "")
                  << '\n';
    std::cout << would << " functions, views, triggers and rights" << std::endl;
}

int migrate(Session& session, bool dry_run) {
    bool changed = false;
    db::migrate(session.conninfo_without_limits(), schema::current(), dry_run,
                [&](const db::MigrationPlan& plan) {
                    print_plan(plan, dry_run);
                    changed = !plan.nothing();
                });
    if (changed && !dry_run)
        std::cout << up_to_date();
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
