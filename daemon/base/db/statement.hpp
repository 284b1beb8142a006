// SPDX-License-Identifier: MIT
#pragma once

#include <pqxx/pqxx>

#include <cstddef>
#include <string>
#include <vector>

/// Prepared statements, one set for each thread and connection.
///
/// PostgreSQL takes longer to plan the daemon's short statements than to execute them, so stores
/// execute frequent ones as prepared statements. They need no names: a statement is identified by
/// the address of its SQL text, which must therefore exist as long as the program.
namespace paysync::db {

/// Returns the name of the prepared statement on this connection. Prepares it if it is not prepared
/// yet, and again from time to time, because the tables may have grown since it was planned.
const std::string& prepared(pqxx::work& tx, const char* sql);

/// Must be called after this thread has opened a new connection, which has no prepared statements.
void forget_prepared_statements();

/// Executes a string literal as a prepared statement: `execute(tx, "SELECT f($1)", id)`. For
/// statements that are executed for every delivery, page or row. Call it on the thread that owns
/// the connection. Throws the same exceptions as tx.exec_params().
template <std::size_t N, typename... A>
pqxx::result execute(pqxx::work& tx, const char (&sql)[N], const A&... args) {
    return tx.exec_prepared(prepared(tx, sql), args...);
}

/// The same for a statement that was composed at run time. `sql` must be an object that lives until
/// the end of the program, such as a static.
pqxx::result execute_composed(pqxx::work& tx, const std::string& sql,
                              const std::vector<std::string>& parameters);

}  // namespace paysync::db
