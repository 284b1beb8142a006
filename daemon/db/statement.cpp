// SPDX-License-Identifier: MIT
#include "daemon/db/statement.hpp"

#include <atomic>
#include <map>
#include <utility>

namespace paysync::db {

namespace {

using Key = std::pair<int, const char*>;  // the connection's backend, and the statement

std::map<Key, std::string>& names() {
    thread_local std::map<Key, std::string> known;
    return known;
}

}  // namespace

const std::string& prepared(pqxx::work& tx, const char* sql) {
    static std::atomic<std::uint64_t> last{0};
    auto& connection = tx.conn();
    const Key key(connection.backendpid(), sql);
    const auto known = names().find(key);
    if (known != names().end())
        return known->second;
    const auto name = "paysync_" + std::to_string(++last);
    connection.prepare(name, sql);
    return names().emplace(key, name).first->second;
}

void forget_statements() {
    names().clear();
}

pqxx::result execute_made(pqxx::work& tx, const std::string& sql,
                          const std::vector<std::string>& parameters) {
    return tx.exec_prepared(prepared(tx, sql.c_str()),
                            pqxx::prepare::make_dynamic_params(parameters));
}

}  // namespace paysync::db
