// SPDX-License-Identifier: MIT
#include "daemon/ctl/repair.hpp"

#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/errors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pqxx/pqxx>

#include <iostream>

namespace paysync::cli {

namespace {

constexpr const char* kChosen =
    "FROM pay_private.repair_plan WHERE $1 = '{}' OR discrepancy_id = ANY ($1::bigint[]) "
    "ORDER BY discrepancy_id";

std::string array_of(const std::vector<std::int64_t>& ids) {
    return fmt::format("{{{}}}", fmt::join(ids, ","));
}

}  // namespace

void plan_repairs(const std::string& conninfo, const std::vector<std::int64_t>& ids,
                  Format format) {
    const auto sql = std::string(
                         "SELECT discrepancy_id, kind, account_id, subject, detected_at, "
                         "repair_asked_at, step, words ") +
                     kChosen;
    print_rows(conninfo, sql, array_of(ids), format);
}

bool apply_repairs(const std::string& conninfo, const std::vector<std::int64_t>& ids) {
    db::Connection connection(conninfo);
    std::vector<std::int64_t> chosen;
    connection.run([&](pqxx::work& tx) {
        chosen.clear();
        for (const auto& row :
             tx.exec_params(std::string("SELECT discrepancy_id ") + kChosen, array_of(ids)))
            chosen.push_back(row[0].as<std::int64_t>());
    });
    int applied = 0, for_a_person = 0;
    for (const auto id : chosen) {
        try {
            bool done = false;
            connection.run([&](pqxx::work& tx) {
                done = tx.exec_params1("SELECT pay_private.repair($1)", id)[0].as<bool>();
            });
            ++(done ? applied : for_a_person);
        } catch (const db::StatementError& error) {
            std::cerr << fmt::format("discrepancy {}: {}\n", id, error.what());
        }
    }
    std::cout << fmt::format(
        "{} under way, {} left to a person; 'paysyncctl verify --record' says whether it helped\n",
        applied, for_a_person);
    return applied + for_a_person == static_cast<int>(chosen.size());
}

void accept_discrepancy(const std::string& conninfo, std::int64_t id, const std::string& words) {
    db::Connection(conninfo).run([&](pqxx::work& tx) {
        tx.exec_params("SELECT pay_private.accept_discrepancy($1, $2)", id, words);
    });
    std::cout << fmt::format("discrepancy {} is accepted\n", id);
}

}  // namespace paysync::cli
