// SPDX-License-Identifier: MIT
#include "daemon/base/db/statement.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <utility>

namespace paysync::db {

namespace {

using Key =
    std::pair<int, const char*>;  // pid of the connection's backend, address of the statement
using Clock = std::chrono::steady_clock;

/// A plan is made for the size that the tables have at that moment, and a plan for an empty table
/// is wrong for a full one. So a statement is prepared again when its number of executions has
/// doubled since it was planned, at the latest after this many executions or this time.
constexpr int kMaxExecutions = 1000;
constexpr std::chrono::seconds kMaxAge{60};

struct Prepared {
    std::string name;  ///< empty = not prepared on the server
    int executed = 0;
    int planned_at = 0;  ///< value of `executed` when it was planned
    Clock::time_point planned;

    bool outdated() const {
        return executed >= std::min(2 * planned_at, planned_at + kMaxExecutions) ||
               Clock::now() - planned > kMaxAge;
    }
};

std::map<Key, Prepared>& statements() {
    thread_local std::map<Key, Prepared> known;
    return known;
}

std::string next_name() {
    static std::atomic<std::uint64_t> last{0};
    return "paysync_" + std::to_string(++last);
}

}  // namespace

const std::string& prepared(pqxx::work& tx, const char* sql) {
    auto& connection = tx.conn();
    auto& statement = statements()[Key(connection.backendpid(), sql)];
    if (!statement.name.empty() && statement.outdated())
        connection.unprepare(std::exchange(statement.name, std::string()));
    if (statement.name.empty()) {
        auto name = next_name();
        connection.prepare(name, sql);
        statement.name = std::move(name);
        statement.planned_at = statement.executed;
        statement.planned = Clock::now();
    }
    ++statement.executed;
    return statement.name;
}

void forget_prepared_statements() {
    statements().clear();
}

pqxx::result execute_composed(pqxx::work& tx, const std::string& sql,
                              const std::vector<std::string>& parameters) {
    return tx.exec_prepared(prepared(tx, sql.c_str()),
                            pqxx::prepare::make_dynamic_params(parameters));
}

}  // namespace paysync::db
