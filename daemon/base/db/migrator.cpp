// SPDX-License-Identifier: MIT
#include "daemon/base/db/migrator.hpp"

#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/errors.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace paysync::db {

namespace {

constexpr std::string_view kBreaking = "-- breaking";
constexpr const char* kInsufficientPrivilege = "42501";

Migration parse(std::string_view file, std::string_view sql) {
    int version = 0;
    const auto underscore = file.find('_');
    const auto dot = file.rfind(".sql");
    if (underscore == file.npos || dot == file.npos || dot < underscore ||
        std::from_chars(file.data(), file.data() + underscore, version).ptr !=
            file.data() + underscore)
        throw std::invalid_argument("not a migration's file name: " + std::string(file));
    return Migration{version, file.substr(underscore + 1, dot - underscore - 1), sql,
                     sql.substr(0, kBreaking.size()) == kBreaking};
}

/// Throws StatementError when the role may not look.
bool version_table_exists(pqxx::work& tx) {
    if (tx.exec1("SELECT to_regnamespace('pay_private')")[0].is_null())
        return false;
    if (!tx.exec1("SELECT has_schema_privilege('pay_private', 'USAGE')")[0].as<bool>())
        throw StatementError(
            "the role " + tx.exec1("SELECT current_user")[0].as<std::string>() +
                " may not use the schema pay_private: a daemon's role is a member of pay_daemon, "
                "an operator's one of pay_operator, and one that migrates of pay_owner",
            kInsufficientPrivilege);
    return !tx.exec1("SELECT to_regclass('pay_private.schema_migration')")[0].is_null();
}

void create_version_table(pqxx::work& tx) {
    // A role that may migrate need not be one that may make schemas.
    if (version_table_exists(tx))
        return;
    // Two migrators may come here at once, and CREATE … IF NOT EXISTS of both can clash.
    tx.exec("SELECT pg_advisory_xact_lock(hashtext('paysync schema'))");
    tx.exec(R"sql(
        CREATE SCHEMA IF NOT EXISTS pay_private;
        CREATE TABLE IF NOT EXISTS pay_private.schema_migration (
            version integer PRIMARY KEY,
            name text NOT NULL,
            breaking boolean NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now());
        COMMENT ON TABLE pay_private.schema_migration IS
            'The migrations that this database has; written by paysyncctl migrate.';
    )sql");
}

/// False when another migrator was first.
bool claim(pqxx::work& tx, const Migration& migration) {
    return tx.exec_params(R"sql(
        INSERT INTO pay_private.schema_migration (version, name, breaking) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING)sql",
                          migration.version, std::string(migration.name), migration.breaking)
               .affected_rows() == 1;
}

}  // namespace

std::vector<Migration> migrations_from(
    const std::vector<std::pair<std::string_view, std::string_view>>& files) {
    std::vector<Migration> migrations;
    for (const auto& [name, sql] : files) {
        const auto migration = parse(name, sql);
        if (migration.version <= (migrations.empty() ? 0 : migrations.back().version))
            throw std::invalid_argument("migrations have ascending numbers: " + std::string(name));
        migrations.push_back(migration);
    }
    return migrations;
}

std::vector<int> versions_of(const std::vector<Migration>& migrations) {
    std::vector<int> versions;
    for (const auto& migration : migrations)
        versions.push_back(migration.version);
    return versions;
}

SchemaState schema_state(pqxx::work& tx, const std::vector<int>& known) {
    SchemaState state;
    state.known = known.empty() ? 0 : known.back();
    state.missing = known;
    if (!version_table_exists(tx))
        return state;
    for (const auto& row :
         tx.exec("SELECT version, breaking FROM pay_private.schema_migration ORDER BY version")) {
        state.applied = row[0].as<int>();
        state.newer_breaking |= row[1].as<bool>() && state.applied > state.known;
        std::erase(state.missing, state.applied);
    }
    return state;
}

void migrate(const std::string& conninfo, const std::vector<Migration>& migrations, bool dry_run,
             const std::function<void(const Migration&)>& report) {
    Connection connection(conninfo);
    SchemaState state;
    connection.run([&](pqxx::work& tx) {
        if (!dry_run)
            create_version_table(tx);
        state = schema_state(tx, versions_of(migrations));
    });
    for (const auto& migration : migrations) {
        if (!std::binary_search(state.missing.begin(), state.missing.end(), migration.version))
            continue;
        if (dry_run) {
            report(migration);
            continue;
        }
        try {
            connection.run([&](pqxx::work& tx) {
                if (!claim(tx, migration))
                    return;
                report(migration);
                tx.exec(std::string(migration.sql));
            });
        } catch (const StatementError& e) {
            throw StatementError("migration " + std::to_string(migration.version) + " " +
                                     std::string(migration.name) + ": " + e.what(),
                                 e.sqlstate());
        }
    }
}

}  // namespace paysync::db
