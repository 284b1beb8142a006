// SPDX-License-Identifier: MIT
#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/errors.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/render_rows.hpp"
#include "daemon/ctl/session.hpp"

#include <pqxx/pqxx>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <set>
#include <vector>

namespace paysync::ctl {

namespace {

struct RepairOptions {
    std::vector<std::int64_t> ids;  ///< empty: all open discrepancies
    bool apply = false;
    Display display;
};

/// $1 is an array of ids.
constexpr const char* kChosen =
    "FROM pay_private.repair_plan WHERE $1 = '{}' OR discrepancy_id = ANY ($1::bigint[]) "
    "ORDER BY discrepancy_id";

std::string id_array(const std::vector<std::int64_t>& ids) {
    std::string array;
    for (const auto id : ids)
        array += (array.empty() ? "" : ",") + std::to_string(id);
    return "{" + array + "}";
}

/// Names each id on the command line that is not one of an open discrepancy. Returns how many.
int report_unknown(const std::vector<std::int64_t>& ids, const std::set<std::int64_t>& open) {
    int unknown = 0;
    for (const auto id : ids)
        if (open.count(id) == 0) {
            ++unknown;
            std::cerr << "discrepancy " << id << ": there is no open discrepancy with this id\n";
        }
    return unknown;
}

std::set<std::int64_t> chosen_of(pqxx::work& tx, const RepairOptions& options) {
    std::set<std::int64_t> chosen;
    for (const auto& row :
         tx.exec_params(std::string("SELECT discrepancy_id ") + kChosen, id_array(options.ids)))
        chosen.insert(row[0].as<std::int64_t>());
    return chosen;
}

int plan_repairs(Session& session, const RepairOptions& options) {
    std::set<std::int64_t> chosen;
    std::string plan;
    db::Connection(session.conninfo()).run([&](pqxx::work& tx) {
        tx.exec0("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
        if (!options.ids.empty())
            chosen = chosen_of(tx, options);
        plan = render_rows(tx,
                           std::string("SELECT discrepancy_id, kind, account_id, subject, "
                                       "detected_at, repair_asked_at, step, words ") +
                               kChosen,
                           {id_array(options.ids)}, options.display.json)
                   .text;
    });
    std::cout << plan;
    return report_unknown(options.ids, chosen) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

// Each repair has its own transaction: one that fails is reported and does not stop the others.
int apply_repairs(Session& session, const RepairOptions& options) {
    db::Connection connection(session.conninfo());
    std::set<std::int64_t> chosen;
    connection.run([&](pqxx::work& tx) { chosen = chosen_of(tx, options); });
    int started = 0, for_a_person = 0;
    int failed = report_unknown(options.ids, chosen);
    for (const auto id : chosen) {
        try {
            bool can_be_repaired = false;
            connection.run([&](pqxx::work& tx) {
                can_be_repaired =
                    tx.exec_params1("SELECT pay_private.repair($1)", id)[0].as<bool>();
            });
            ++(can_be_repaired ? started : for_a_person);
        } catch (const db::StatementError& error) {
            ++failed;
            std::cerr << "discrepancy " << id << ": " << error.what() << '\n';
        }
    }
    std::cout << started << " started, " << for_a_person
              << " left to a person; 'paysyncctl verify --record' shows whether they helped\n";
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

void add_repair(Commands& commands) {
    const auto options = std::make_shared<RepairOptions>();
    auto command = commands.add("repair", "show how discrepancies can be repaired, or repair them",
                                [options](Session& session) {
                                    return options->apply ? apply_repairs(session, *options)
                                                          : plan_repairs(session, *options);
                                });
    command.numbers("id", options->ids, "only these discrepancies").positive();
    const auto apply = command.flag("--apply", options->apply, "repair them");
    add_json(command, options->display).excludes(apply);
}

}  // namespace paysync::ctl
