// SPDX-License-Identifier: MIT
#pragma once

#include <pqxx/pqxx>

#include <cstddef>
#include <string>
#include <vector>

namespace paysync::db {

/// The name of the statement on the transaction's connection, on which it is prepared now if it was
/// not before, or for a table that may be another size now. Statements are known by their address.
const std::string& prepared(pqxx::work& tx, const char* sql);

/// The thread's connection is a new one, which has no prepared statements.
void forget_statements();

/// Executes a statement that is prepared, and planned now and then, for each connection. For those
/// that every mail or row needs: PostgreSQL takes longer to plan them than to do them. Only for
/// literals, and only from the thread that uses the connection. Throws as tx.exec_params() does.
template <std::size_t N, typename... A>
pqxx::result execute(pqxx::work& tx, const char (&sql)[N], const A&... args) {
    return tx.exec_prepared(prepared(tx, sql), args...);
}

/// The same for a statement that was put together once and lives as long as the program.
pqxx::result execute_made(pqxx::work& tx, const std::string& sql,
                          const std::vector<std::string>& parameters);

}  // namespace paysync::db
