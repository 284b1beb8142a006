// SPDX-License-Identifier: MIT
#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/errors.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/rows.hpp"
#include "daemon/ctl/session.hpp"

#include <pqxx/pqxx>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
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

int plan_repairs(Session& session, const RepairOptions& options) {
    return print_rows(session, options.display,
                      std::string("SELECT discrepancy_id, kind, account_id, subject, detected_at, "
                                  "repair_asked_at, step, words ") +
                          kChosen,
                      {id_array(options.ids)});
}

// Each repair has its own transaction: one that fails is reported and does not stop the others.
int apply_repairs(Session& session, const RepairOptions& options) {
    db::Connection connection(session.conninfo());
    std::vector<std::int64_t> chosen;
    connection.run([&](pqxx::work& tx) {
        chosen.clear();
        for (const auto& row :
             tx.exec_params(std::string("SELECT discrepancy_id ") + kChosen, id_array(options.ids)))
            chosen.push_back(row[0].as<std::int64_t>());
    });
    int started = 0, for_a_person = 0, failed = 0;
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
    command.numbers("id", options->ids, "only these discrepancies");
    const auto apply = command.flag("--apply", options->apply, "repair them");
    add_json(command, options->display).excludes(apply);
}

}  // namespace paysync::ctl
