// SPDX-License-Identifier: MIT
#include "daemon/ctl/schema_error.hpp"

#include "daemon/base/db/connection.hpp"
#include "daemon/ctl/session.hpp"
#include "jobs/schema/schema.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace paysync::ctl {

namespace {

bool is_one_of(const std::string& sqlstate, std::initializer_list<const char*> states) {
    return std::any_of(states.begin(), states.end(),
                       [&](const char* state) { return sqlstate == state; });
}

/// insufficient_privilege, for which libpqxx 6 leaves the SQLSTATE empty.
bool misses_a_right(const std::string& sqlstate) {
    return is_one_of(sqlstate, {"42501", ""});
}

/// undefined_table, invalid_schema_name, undefined_function, undefined_column, undefined_object.
bool misses_an_object(const std::string& sqlstate) {
    return is_one_of(sqlstate, {"42P01", "3F000", "42883", "42703", "42704"});
}

}  // namespace

std::string explained(const db::StatementError& error, Session& session) {
    // An error of a migration names its file, and is what it says.
    if (std::string_view(error.what()).starts_with("jobs/schema/"))
        return error.what();
    const bool misses = misses_an_object(error.sqlstate());
    if (!misses && !misses_a_right(error.sqlstate()))
        return error.what();
    std::string problem;
    try {
        db::Connection(session.conninfo()).run([&](pqxx::work& tx) {
            problem = schema::problem(schema::state(tx));
        });
    } catch (const db::StatementError& e) {
        // The role may not look, which is the cause if it may not use something.
        return misses ? error.what() : e.what();
    } catch (const std::exception&) {
        return error.what();
    }
    if (!problem.empty())
        return problem;
    return misses ? std::string(error.what()) +
                        "; the schema is damaged: an object of this version is missing, so restore "
                        "it from a backup"
                  : error.what();
}

}  // namespace paysync::ctl
