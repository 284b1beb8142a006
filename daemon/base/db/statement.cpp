// SPDX-License-Identifier: MIT
#include "daemon/base/db/statement.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <utility>

namespace paysync::db {

namespace {

using Key = std::pair<int, const char*>;  // the connection's backend, and the statement
using Clock = std::chrono::steady_clock;

/// A statement is planned again when it has been executed twice as often as when it was planned,
/// and at the latest after so many more, or so long: a plan for an empty table is not for a full
/// one.
constexpr int kMostExecutions = 1000;
constexpr std::chrono::seconds kLongest{60};

struct Prepared {
    std::string name;  ///< empty = not on the server
    int executed = 0;
    int planned_at = 0;  ///< executed
    Clock::time_point planned;

    bool outdated() const {
        return executed >= std::min(2 * planned_at, planned_at + kMostExecutions) ||
               Clock::now() - planned > kLongest;
    }
};

std::map<Key, Prepared>& statements() {
    thread_local std::map<Key, Prepared> known;
    return known;
}

std::string fresh_name() {
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
        auto name = fresh_name();
        connection.prepare(name, sql);
        statement.name = std::move(name);
        statement.planned_at = statement.executed;
        statement.planned = Clock::now();
    }
    ++statement.executed;
    return statement.name;
}

void forget_statements() {
    statements().clear();
}

pqxx::result execute_made(pqxx::work& tx, const std::string& sql,
                          const std::vector<std::string>& parameters) {
    return tx.exec_prepared(prepared(tx, sql.c_str()),
                            pqxx::prepare::make_dynamic_params(parameters));
}

}  // namespace paysync::db
