// SPDX-License-Identifier: MIT
#include "daemon/base/db/migrator.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/sql_statements.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <charconv>

namespace paysync::db {

namespace {

constexpr std::string_view kBreaking = "-- breaking";
constexpr const char* kInsufficientPrivilege = "42501";
constexpr const char* kDependentObjects = "2BP01";

bool begins_with(std::string_view text, std::string_view beginning) {
    return text.substr(0, beginning.size()) == beginning;
}

std::string_view without(std::string_view text, std::string_view beginning, std::string_view end) {
    return text.substr(beginning.size(), text.size() - beginning.size() - end.size());
}

/// 0 for a name without a number.
int number_of(std::string_view upgrade) {
    int number = 0;
    const auto underscore = std::min(upgrade.find('_'), upgrade.size());
    const auto [end, error] = std::from_chars(upgrade.data(), upgrade.data() + underscore, number);
    return error == std::errc() && end == upgrade.data() + underscore ? number : 0;
}

/// 0.1.1~test1 is {0, 1, 1}: two builds of one release are equally new. Empty for a text that does
/// not begin with a version.
std::vector<int> release_of(std::string_view version) {
    std::vector<int> numbers;
    const char* at = version.data();
    const char* const end = at + version.size();
    for (int number = 0; at < end; ++at) {
        const auto [next, error] = std::from_chars(at, end, number);
        if (error != std::errc())
            return {};
        numbers.push_back(number);
        at = next;
        if (at == end || *at != '.')
            break;
    }
    return numbers;
}

bool exists(pqxx::work& tx, const char* table) {
    return !tx.exec1("SELECT to_regclass(" + tx.quote(table) + ")")[0].is_null();
}

/// Throws StatementError when the role may not look.
SchemaState::Made made(pqxx::work& tx) {
    const auto schemas = tx.exec1("SELECT to_regnamespace('pay'), to_regnamespace('pay_private')");
    if (schemas[1].is_null())
        return schemas[0].is_null() ? SchemaState::Made::empty : SchemaState::Made::foreign;
    if (!tx.exec1("SELECT has_schema_privilege('pay_private', 'USAGE')")[0].as<bool>())
        throw StatementError(
            "the role " + tx.exec1("SELECT current_user")[0].as<std::string>() +
                " may not use the schema pay_private: a daemon's role is a member of pay_daemon, "
                "an operator's one of pay_operator, and one that migrates of pay_owner",
            kInsufficientPrivilege);
    if (exists(tx, "pay_private.schema_code"))
        return SchemaState::Made::present;
    return exists(tx, "pay_private.schema_migration") ? SchemaState::Made::obsolete
                                                      : SchemaState::Made::foreign;
}

/// Reads which code was applied last, and why that is not known.
std::string read_code(pqxx::work& tx, const Schema& schema, SchemaState& state) {
    const auto rows = tx.exec("SELECT hash, version FROM pay_private.schema_code");
    if (rows.empty())
        return "pay_private.schema_code has no row";
    state.version = rows[0][1].as<std::string>();
    state.same_code = rows[0][0].as<std::string>() == schema.code_hash;
    if (release_of(state.version).empty())
        return "pay_private.schema_code.version is '" + state.version + "', which is no version";
    return "";
}

/// Says of each file which statement is being run, so that an error can be told with its place.
class SchemaRunner {
public:
    explicit SchemaRunner(pqxx::work& tx, std::string& place) : tx_(tx), place_(place) {}

    void run(const SchemaFile& file) {
        for (const auto& statement : sql_statements(file.sql)) {
            place_ = "jobs/schema/" + file.name + ":" + std::to_string(statement.line) + ": ";
            tx_.exec(std::string(statement.text));
        }
        place_.clear();
    }

    void run(const std::vector<SchemaFile>& files) {
        for (const auto& file : files)
            run(file);
    }

private:
    pqxx::work& tx_;
    std::string& place_;
};

MigrationPlan plan_of(const SchemaState& state, const Schema& schema) {
    MigrationPlan plan;
    plan.empty = state.made == SchemaState::Made::empty;
    if (!plan.empty)
        for (const auto& upgrade : schema.upgrades)
            if (std::find(state.missing.begin(), state.missing.end(), upgrade.name) !=
                state.missing.end())
                plan.upgrades.push_back(&upgrade);
    plan.code = plan.empty || !plan.upgrades.empty() || !state.same_code;
    return plan;
}

void note_upgrade(pqxx::work& tx, const SchemaUpgrade& upgrade) {
    tx.exec_params("INSERT INTO pay_private.schema_upgrade (upgrade, breaking) VALUES ($1, $2)",
                   upgrade.name, upgrade.breaking);
}

void carry_out(pqxx::work& tx, const MigrationPlan& plan, const Schema& schema,
               std::string& place) {
    SchemaRunner runner(tx, place);
    runner.run(schema.roles);
    if (plan.empty) {
        runner.run(schema.tables);
        for (const auto& upgrade : schema.upgrades)
            note_upgrade(tx, upgrade);
    }
    for (const auto* upgrade : plan.upgrades) {
        runner.run(upgrade->file);
        note_upgrade(tx, *upgrade);
    }
    runner.run(schema.code);
    tx.exec_params(R"sql(
        INSERT INTO pay_private.schema_code (hash, version) VALUES ($1, $2)
        ON CONFLICT (singleton) DO UPDATE
           SET hash = excluded.hash, version = excluded.version, applied_at = now())sql",
                   schema.code_hash, schema.version);
}

constexpr const char* kObsolete =
    "the database was made before paysync 0.1.0, by numbered migrations that are gone: save what "
    "is needed with pg_dump, create an empty database, and run 'paysyncctl migrate' there";

constexpr const char* kForeign =
    "the database has a schema pay or pay_private that paysync did not make: rename that schema, "
    "or give paysync a database of its own";

std::string damaged(const SchemaState& state) {
    return "the record of what was migrated is damaged (" + state.damage +
           "), so nobody can tell which schema the database has: restore the tables "
           "pay_private.schema_code and pay_private.schema_upgrade from a backup";
}

/// "paysync 1.1.0", or "another build of paysync 1.1.0" if `version` is the same.
std::string other_paysync(const SchemaState& state, const std::string& version) {
    return (state.version == version ? "another build of paysync " : "paysync ") + state.version;
}

/// Throws MigrationRefused for a database that must be left alone.
void refuse(const SchemaState& state, const std::string& version) {
    switch (state.made) {
        case SchemaState::Made::obsolete:
            throw MigrationRefused(kObsolete);
        case SchemaState::Made::foreign:
            throw MigrationRefused(kForeign);
        case SchemaState::Made::damaged:
            throw MigrationRefused(damaged(state));
        case SchemaState::Made::empty:
        case SchemaState::Made::present:
            break;
    }
    if (state.newer)
        throw MigrationRefused("the database was migrated by " + other_paysync(state, version) +
                               (state.unknown.empty() ? "" : " (upgrade " + state.unknown + ")") +
                               ", which is newer than this paysync " + version +
                               "; it is left as it is: install that version or a newer one");
}

void refuse_encoding(pqxx::work& tx) {
    const auto encoding = tx.exec1("SHOW server_encoding")[0].as<std::string>();
    if (encoding != "UTF8")
        throw MigrationRefused("the database is encoded in " + encoding +
                               ", and names of payers need UTF8: create one with CREATE DATABASE "
                               "… ENCODING 'UTF8' TEMPLATE template0");
}

/// Settings of the role or the database must not change what the files mean, nor end a migration
/// that waits for a lock or builds an index.
constexpr const char* kSettings = R"sql(
    SET LOCAL search_path = pg_catalog, pg_temp;
    SET LOCAL standard_conforming_strings = on;
    SET LOCAL check_function_bodies = on;
    SET LOCAL statement_timeout = 0;
    SET LOCAL lock_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0)sql";

}  // namespace

Schema schema_from(std::string version,
                   const std::vector<std::pair<std::string_view, std::string_view>>& files) {
    Schema schema;
    schema.version = std::move(version);
    Fingerprint hash;
    for (const auto& [name, sql] : files) {
        const SchemaFile file{std::string(name), sql};
        if (name == "roles.sql") {
            schema.roles.push_back(file);
        } else if (begins_with(name, "tables/")) {
            schema.tables.push_back(file);
        } else if (begins_with(name, "code/") || name == "grants.sql") {
            schema.code.push_back(file);
            hash.add(name).add(sql);
        } else if (begins_with(name, "upgrades/")) {
            const auto upgrade = without(name, "upgrades/", ".sql");
            const int last = schema.upgrades.empty() ? 0 : number_of(schema.upgrades.back().name);
            if (number_of(upgrade) <= last)
                throw std::invalid_argument("upgrades have ascending numbers: " + file.name);
            schema.upgrades.push_back({std::string(upgrade), file, begins_with(sql, kBreaking)});
        } else {
            throw std::invalid_argument("not a file of a schema: " + file.name);
        }
    }
    schema.code_hash = std::to_string(hash.value());
    return schema;
}

bool SchemaState::usable() const noexcept {
    return made == Made::present && missing.empty() && !breaking && (same_code || newer);
}

SchemaState schema_state(pqxx::work& tx, const Schema& schema) {
    SchemaState state;
    state.made = made(tx);
    for (const auto& upgrade : schema.upgrades)
        state.missing.push_back(upgrade.name);
    if (state.made != SchemaState::Made::present)
        return state;
    if (!exists(tx, "pay_private.schema_upgrade")) {
        state.made = SchemaState::Made::damaged;
        state.damage = "pay_private.schema_upgrade is missing";
        return state;
    }
    for (const auto& row :
         tx.exec("SELECT upgrade, breaking FROM pay_private.schema_upgrade ORDER BY upgrade")) {
        const auto name = row[0].as<std::string>();
        const auto found = std::find_if(schema.upgrades.begin(), schema.upgrades.end(),
                                        [&](const auto& upgrade) { return upgrade.name == name; });
        if (found == schema.upgrades.end()) {
            state.unknown = name;
            state.breaking |= row[1].as<bool>();
        } else {
            std::erase(state.missing, name);
        }
    }
    state.damage = read_code(tx, schema, state);
    if (!state.damage.empty())
        state.made = SchemaState::Made::damaged;
    state.newer = !state.unknown.empty() || release_of(state.version) > release_of(schema.version);
    return state;
}

std::string schema_problem(const SchemaState& state, const std::string& version) {
    if (state.usable())
        return "";
    if (state.made == SchemaState::Made::obsolete)
        return kObsolete;
    if (state.made == SchemaState::Made::foreign)
        return kForeign;
    if (state.made == SchemaState::Made::damaged)
        return damaged(state);
    if (state.made == SchemaState::Made::empty)
        return "the database has no schema of paysync: run 'paysyncctl migrate'";
    if (state.breaking)
        return "the database has the upgrade " + state.unknown + " of " +
               other_paysync(state, version) + ", which paysync " + version +
               " cannot work with: install the newer version";
    if (!state.missing.empty())
        return "the database lacks the upgrade " + state.missing.front() + ", which paysync " +
               version + " needs: run 'paysyncctl migrate'";
    return "the database has the functions and views of " + other_paysync(state, version) +
           ", which are not those of this paysync " + version + ": run 'paysyncctl migrate'";
}

void migrate(const std::string& conninfo, const Schema& schema, bool dry_run,
             const std::function<void(const MigrationPlan&)>& report) {
    std::string place;
    try {
        Connection(conninfo).run([&](pqxx::work& tx) {
            place.clear();
            // Each statement has a snapshot of its own, whatever the database's default is: what
            // another migrator committed while this one waited for the lock must be seen.
            tx.exec("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
            tx.exec(kSettings);
            refuse_encoding(tx);
            if (!dry_run)
                tx.exec("SELECT pg_advisory_xact_lock(hashtext('paysync schema'))");
            const auto state = schema_state(tx, schema);
            refuse(state, schema.version);
            const auto plan = plan_of(state, schema);
            report(plan);
            if (!dry_run && !plan.nothing())
                carry_out(tx, plan, schema, place);
        });
    } catch (const StatementError& e) {
        throw StatementError(place + e.what() +
                                 (e.sqlstate() == kDependentObjects
                                      ? "; nothing was changed: drop what depends on it, migrate, "
                                        "and make it again"
                                      : ""),
                             e.sqlstate());
    }
}

}  // namespace paysync::db
