// SPDX-License-Identifier: MIT
#pragma once

#include "tests/support/temp_database.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include <string>
#include <utility>
#include <vector>

namespace paysync::test {

/// A migrated database as another application sees it: SQL text in, text out. The company `acme` is
/// registered and enabled.
class SchemaTest : public ::testing::Test {
protected:
    SchemaTest() {
        run(R"sql(
            CREATE FUNCTION pg_temp.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
            DECLARE
                code text;
                rule text;
            BEGIN
                EXECUTE statement;
                RETURN 'accepted';
            EXCEPTION WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, rule = CONSTRAINT_NAME;
                RETURN btrim(code || ' ' || rule);
            END $$;
            SELECT pay.register_company('acme', 'Acme Ltd', 'office@acme.test');)sql");
    }

    /// Runs SQL in its own transaction.
    void run(const std::string& sql) {
        pqxx::work tx(connection_);
        tx.exec(sql);
        tx.commit();
    }

    /// The first column of the first row, "NULL" for NULL and "no row" without one.
    std::string value(const std::string& sql) {
        pqxx::work tx(connection_);
        const auto rows = tx.exec(sql);
        tx.commit();
        if (rows.empty())
            return "no row";
        return rows[0][0].is_null() ? "NULL" : rows[0][0].as<std::string>();
    }

    /// "accepted", or the SQLSTATE and the name of the broken constraint. A refused statement
    /// leaves no trace.
    std::string outcome(const std::string& statement) {
        return value("SELECT pg_temp.outcome(" + connection_.quote(statement) + ")");
    }

    /// The first column of all rows, joined by blanks.
    std::string column(const std::string& sql) {
        return value("SELECT string_agg(x::text, ' ') FROM (" + sql + ") AS t(x)");
    }

    const TempDatabase database_;
    pqxx::connection connection_{database_.dsn()};
};

/// Columns and the SQL of their values.
using Columns = std::vector<std::pair<std::string, std::string>>;

/// An INSERT of `usual`, where `special` replaces or adds columns.
inline std::string insert_into(const std::string& table, Columns usual, const Columns& special) {
    for (const auto& [name, sql] : special) {
        bool known = false;
        for (auto& [usual_name, usual_sql] : usual)
            if (usual_name == name) {
                usual_sql = sql;
                known = true;
            }
        if (!known)
            usual.emplace_back(name, sql);
    }
    std::string names;
    std::string values;
    for (const auto& [name, sql] : usual) {
        names += (names.empty() ? "" : ", ") + name;
        values += (values.empty() ? "" : ", ") + sql;
    }
    return "INSERT INTO " + table + " (" + names + ") VALUES (" + values + ")";
}

/// A valid payment request, changed by `special`.
inline std::string insert_request(const Columns& special = {}) {
    return insert_into("pay.payment_request",
                       {{"company", "'acme'"},
                        {"to_email", "'payer@example.com'"},
                        {"amount", "1250"},
                        {"currency", "'eur'"},
                        {"description", "'Invoice 7'"}},
                       special);
}

}  // namespace paysync::test
