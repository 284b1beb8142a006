// SPDX-License-Identifier: MIT
#include "daemon/base/db/migrator.hpp"

#include "daemon/base/db/errors.hpp"
#include "jobs/schema/schema.hpp"
#include "tests/support/temp_database.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace paysync::db {
namespace {

using Files = std::vector<std::pair<std::string_view, std::string_view>>;

constexpr std::string_view kTable = "CREATE TABLE pay.thing (a integer, b integer);";
constexpr std::string_view kView =
    "CREATE OR REPLACE VIEW pay.things AS SELECT a FROM pay.thing;\n"
    "GRANT SELECT ON pay.things TO PUBLIC;";
/// Another order of the columns: CREATE OR REPLACE cannot do it.
constexpr std::string_view kOtherView =
    "CREATE OR REPLACE VIEW pay.things AS SELECT b, a FROM pay.thing;";
constexpr std::string_view kDropView = "DROP VIEW pay.things;";

const Files kFirst = {{"tables/thing.sql", kTable}, {"code/things.sql", kView}};
const Files kUpgraded = {{"tables/thing.sql", kTable},
                         {"code/things.sql", kOtherView},
                         {"upgrades/0002_things.sql", kDropView}};

Files with_upgrades(Files upgrades) {
    Files all = kFirst;
    all.insert(all.end(), upgrades.begin(), upgrades.end());
    return all;
}

/// Made-up tables and code, with the roles and the bookkeeping of the real schema.
Schema made_up(const Files& files, std::string version = "1.0.0") {
    auto schema = schema_from(std::move(version), files);
    schema.roles = schema::current().roles;
    for (const auto& file : schema::current().tables)
        if (file.name == "tables/schema_state.sql")
            schema.tables.push_back(file);
    return schema;
}

class Migrator : public testing::Test {
protected:
    /// "empty", names of upgrades and "code", as far as there is something to do.
    std::string done(const Schema& schema, bool dry_run = false) {
        std::string all;
        migrate(database_.dsn(), schema, dry_run, [&](const MigrationPlan& plan) {
            all = plan.empty ? "empty " : "";
            for (const auto* upgrade : plan.upgrades)
                all += upgrade->name + " ";
            all += plan.code ? "code" : "";
        });
        return all;
    }

    /// The error text of a failed migration.
    std::string error(const Schema& schema) {
        try {
            done(schema);
        } catch (const std::exception& e) {
            return e.what();
        }
        return "no error";
    }

    SchemaState state(const Schema& schema) {
        pqxx::connection connection(database_.dsn());
        pqxx::work tx(connection);
        return schema_state(tx, schema);
    }

    std::string value(const std::string& sql) {
        pqxx::connection connection(database_.dsn());
        pqxx::work tx(connection);
        const auto rows = tx.exec(sql);
        tx.commit();
        return rows.empty() ? "" : rows[0][0].c_str();
    }

    std::string columns_of_things() {
        return value(
            "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute "
            "WHERE attrelid = 'pay.things'::regclass AND attnum > 0");
    }

    test::TempDatabase database_{test::TempDatabase::Contents::empty};
};

TEST_F(Migrator, MakesAnEmptyDatabaseWithAllUpgradesMarked) {
    const auto schema = made_up(kUpgraded);
    EXPECT_EQ(state(schema).made, SchemaState::Made::empty);
    EXPECT_FALSE(state(schema).usable());
    EXPECT_EQ(done(schema), "empty code");
    EXPECT_EQ(value("SELECT upgrade FROM pay_private.schema_upgrade"), "0002_things");
    EXPECT_EQ(value("SELECT version FROM pay_private.schema_code"), "1.0.0");
    EXPECT_TRUE(state(schema).usable());
    EXPECT_EQ(columns_of_things(), "b a");
}

TEST_F(Migrator, FindsNothingToDoTheSecondTime) {
    EXPECT_EQ(done(made_up(kFirst)), "empty code");
    EXPECT_EQ(done(made_up(kFirst)), "");
    EXPECT_EQ(done(made_up(kFirst), true), "");
}

TEST_F(Migrator, RunsTheMissingUpgradesInOrderAndTheCode) {
    done(made_up(kFirst));
    value("INSERT INTO pay.thing VALUES (1, 2)");
    const auto later =
        made_up(with_upgrades({{"upgrades/0002_one.sql", "CREATE TABLE pay.one ();"},
                               {"upgrades/0040_two.sql", "ALTER TABLE pay.one RENAME TO two;"}}));
    EXPECT_FALSE(state(later).usable());
    EXPECT_EQ(done(later, true), "0002_one 0040_two code");
    EXPECT_EQ(done(later), "0002_one 0040_two code");
    EXPECT_EQ(value("SELECT to_regclass('pay.two')"), "pay.two");
    EXPECT_EQ(value("SELECT tableowner FROM pg_tables WHERE tablename = 'two'"), "pay_owner");
    EXPECT_EQ(value("SELECT a FROM pay.things"), "1");
    EXPECT_EQ(done(later), "");
}

TEST_F(Migrator, RunsAnUpgradeThatCameToAGapLater) {
    const Files released = {{"upgrades/0002_one.sql", "CREATE TABLE pay.one ();"},
                            {"upgrades/0040_two.sql", "CREATE TABLE pay.two ();"}};
    // A branch that was written at the same time brought its upgrade later.
    const Files merged = {
        released[0], {"upgrades/0030_late.sql", "CREATE TABLE pay.late ();"}, released[1]};
    done(made_up(with_upgrades(released)));
    EXPECT_EQ(state(made_up(with_upgrades(merged))).missing,
              (std::vector<std::string>{"0030_late"}));
    EXPECT_EQ(done(made_up(with_upgrades(merged))), "0030_late code");
    EXPECT_TRUE(state(made_up(with_upgrades(released))).usable()) << "an older daemon goes on";
}

TEST_F(Migrator, ReplacesCodeThatDiffersWithoutAnUpgrade) {
    done(made_up(kFirst));
    auto changed = kFirst;
    changed[1].second = "CREATE OR REPLACE VIEW pay.things AS SELECT a, b FROM pay.thing;";
    EXPECT_FALSE(state(made_up(changed)).usable());
    EXPECT_EQ(done(made_up(changed), true), "code");
    EXPECT_EQ(columns_of_things(), "a") << "a dry run changes nothing";
    EXPECT_EQ(done(made_up(changed)), "code");
    EXPECT_EQ(columns_of_things(), "a b");
}

TEST_F(Migrator, StopsWithTheNameOfAnApplicationsViewAndLosesNothing) {
    done(made_up(kFirst));
    value("CREATE SCHEMA app");
    value("CREATE VIEW app.report AS SELECT count(*) FROM pay.things");
    const auto said = error(made_up(kUpgraded));
    EXPECT_NE(said.find("jobs/schema/upgrades/0002_things.sql:1: "), said.npos) << said;
    EXPECT_NE(said.find("view app.report depends on view pay.things"), said.npos) << said;
    EXPECT_NE(said.find("2BP01"), said.npos) << said;
    EXPECT_EQ(columns_of_things(), "a");
    EXPECT_EQ(value("SELECT count FROM app.report"), "0");
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.schema_upgrade"), "0");

    value("DROP VIEW app.report");
    EXPECT_EQ(done(made_up(kUpgraded)), "0002_things code");
    EXPECT_EQ(columns_of_things(), "b a");
}

TEST_F(Migrator, NamesFileLineAndStateOfAStatementThatFails) {
    auto broken = kFirst;
    broken[1].second = "-- Comment.\n\nSELECT 1;\nSELECT\n  nonsense();";
    const auto said = error(made_up(broken));
    EXPECT_EQ(said.find("jobs/schema/code/things.sql:4: "), 0U) << said;
    EXPECT_NE(said.find("42883"), said.npos) << said;
    EXPECT_EQ(value("SELECT to_regnamespace('pay')"), "") << "all or nothing";
}

TEST_F(Migrator, LeavesADatabaseOfANewerUpgradeAlone) {
    const auto older = made_up(kFirst);
    const auto newer = made_up(kUpgraded, "1.1.0");
    done(newer);
    const auto said = error(older);
    EXPECT_NE(said.find("paysync 1.1.0 (upgrade 0002_things)"), said.npos) << said;
    EXPECT_NE(said.find("this paysync 1.0.0"), said.npos) << said;
    EXPECT_EQ(columns_of_things(), "b a");
    EXPECT_TRUE(state(older).usable()) << "an older daemon goes on";
}

TEST_F(Migrator, LeavesTheCodeOfANewerReleaseAlone) {
    auto changed = kFirst;
    changed[1].second = kView.substr(0, kView.find('\n'));
    const auto newer = made_up(changed, "1.10.0");
    done(newer);
    const auto said = error(made_up(kFirst, "1.9.3"));
    EXPECT_NE(said.find("1.10.0"), said.npos) << said;
    EXPECT_NE(said.find("1.9.3"), said.npos) << said;
    EXPECT_TRUE(state(made_up(kFirst, "1.9.3")).usable());
    EXPECT_EQ(done(made_up(kFirst, "1.10.0~test1")), "code") << "another build of the same release";
    EXPECT_EQ(done(newer), "code");
}

TEST_F(Migrator, NamesAnotherBuildOfTheSameVersion) {
    done(made_up(kUpgraded));
    EXPECT_NE(error(made_up(kFirst)).find("another build of paysync 1.0.0 (upgrade 0002_things)"),
              std::string::npos);
    auto changed = kUpgraded;
    changed[1].second = kView;
    EXPECT_NE(schema_problem(state(made_up(changed)), "1.0.0").find("another build of paysync"),
              std::string::npos);
}

TEST_F(Migrator, LetsOnlyABreakingUpgradeStopAnOlderDaemon) {
    const auto broken =
        made_up(with_upgrades({{"upgrades/0041_new.sql", "-- breaking\nCREATE TABLE pay.new ();"}}),
                "1.1.0");
    done(broken);
    const auto older = state(made_up(kFirst));
    EXPECT_FALSE(older.usable());
    EXPECT_NE(schema_problem(older, "1.0.0").find("0041_new"), std::string::npos);
    EXPECT_TRUE(state(broken).usable());
    EXPECT_EQ(schema_problem(state(broken), "1.1.0"), "");
}

TEST_F(Migrator, RefusesADatabaseOfNumberedMigrations) {
    value("CREATE SCHEMA pay_private");
    value("CREATE TABLE pay_private.schema_migration AS SELECT generate_series(1, 43) AS version");
    const auto said = error(made_up(kFirst));
    EXPECT_NE(said.find("create an empty database"), said.npos) << said;
    EXPECT_EQ(schema_problem(state(made_up(kFirst)), "1.0.0"), said);
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.schema_migration"), "43");
}

TEST_F(Migrator, RefusesSchemasThatItDidNotMake) {
    for (const std::string name : {"pay", "pay_private"}) {
        value("CREATE SCHEMA " + name);
        EXPECT_NE(error(made_up(kFirst)).find("that paysync did not make"), std::string::npos);
        EXPECT_NE(schema_problem(state(made_up(kFirst)), "1.0.0"), "");
        value("DROP SCHEMA " + name);
    }
}

/// A statement that damages the record, and what is said of it.
struct Damage {
    const char* sql;
    const char* said;
};

class DamagedRecord : public Migrator, public testing::WithParamInterface<Damage> {};

TEST_P(DamagedRecord, IsRefusedAndLeftAsItIs) {
    done(made_up(kFirst));
    value(GetParam().sql);
    const auto said = error(made_up(kUpgraded));
    EXPECT_NE(said.find(GetParam().said), said.npos) << said;
    EXPECT_EQ(said, schema_problem(state(made_up(kUpgraded)), "1.0.0"));
    EXPECT_EQ(columns_of_things(), "a");
}

INSTANTIATE_TEST_SUITE_P(
    Each, DamagedRecord,
    testing::Values(Damage{"DELETE FROM pay_private.schema_code RETURNING hash", "has no row"},
                    Damage{"DROP TABLE pay_private.schema_upgrade", "schema_upgrade is missing"},
                    Damage{"UPDATE pay_private.schema_code SET version = 'garbage'", "'garbage'"},
                    Damage{"UPDATE pay_private.schema_code SET version = ''", "is ''"},
                    Damage{"UPDATE pay_private.schema_code SET version = '1.99999999999.0'",
                           "'1.99999999999.0'"}));

TEST_F(Migrator, KeepsSettingsOfTheDatabaseFromChangingItsFiles) {
    value(
        "DO $$ BEGIN "
        "EXECUTE format('ALTER DATABASE %I SET standard_conforming_strings = off', "
        "current_database()); "
        "EXECUTE format('ALTER DATABASE %I SET statement_timeout = 50', current_database()); "
        "EXECUTE format('ALTER DATABASE %I SET search_path = other, public', "
        "current_database()); END $$; SELECT 1");
    auto slow = kFirst;
    slow[0].second =
        "CREATE TABLE pay.thing (a text DEFAULT '\\n', b text); SELECT pg_sleep(0.2);"
        "CREATE TABLE pay.path AS SELECT current_setting('search_path') AS path;";
    EXPECT_EQ(done(made_up(slow)), "empty code");
    EXPECT_EQ(value("INSERT INTO pay.thing DEFAULT VALUES RETURNING length(a)"), "2");
    EXPECT_EQ(value("SELECT path FROM pay.path"), "pg_catalog, pg_temp");
}

TEST_F(Migrator, LetsOneOfSeveralAtOnceDoTheWork) {
    std::vector<std::string> results(4);
    std::vector<std::thread> threads;
    for (auto& result : results)
        threads.emplace_back([&] {
            migrate(database_.dsn(), made_up(kFirst), false,
                    [&](const MigrationPlan& plan) { result = plan.nothing() ? "-" : "+"; });
        });
    for (auto& thread : threads)
        thread.join();
    std::string all;
    for (const auto& result : results)
        all += result;
    std::sort(all.begin(), all.end());
    EXPECT_EQ(all, "+---");
}

TEST_F(Migrator, LetsOneOfSeveralAtOnceDoTheWorkAtRepeatableRead) {
    value(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = %L', "
        "current_database(), 'repeatable read'); END $$; SELECT 1");
    int worked = 0;
    std::mutex counting;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            std::string failure;
            bool works = false;
            try {
                migrate(database_.dsn(), made_up(kFirst), false,
                        [&](const MigrationPlan& plan) { works = !plan.nothing(); });
            } catch (const std::exception& e) {
                failure = e.what();
            }
            const std::lock_guard lock(counting);
            EXPECT_EQ(failure, "");
            worked += works ? 1 : 0;
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(worked, 1);
}

TEST_F(Migrator, TellsARoleWithoutRightsWhatItLacks) {
    done(made_up(kFirst));
    const auto role = "stranger_" + database_.name();
    value("CREATE ROLE " + role + " LOGIN");
    const auto as_stranger = "user=" + role + " " +
                             database_.dsn().substr(0, database_.dsn().find("user=")) +
                             "dbname=" + database_.name();
    try {
        migrate(as_stranger, made_up(kUpgraded), true, [](const auto&) {});
        ADD_FAILURE() << "a stranger may look";
    } catch (const StatementError& e) {
        EXPECT_NE(std::string(e.what()).find(role + " may not use the schema pay_private"),
                  std::string::npos)
            << e.what();
    }
    value("GRANT USAGE ON SCHEMA pay_private TO " + role);
    value("GRANT SELECT ON ALL TABLES IN SCHEMA pay_private TO " + role);
    try {
        migrate(as_stranger, made_up(kUpgraded), false, [](const auto&) {});
        ADD_FAILURE() << "a stranger may migrate";
    } catch (const StatementError& e) {
        EXPECT_NE(std::string(e.what()).find(role + " is no member of pay_owner"),
                  std::string::npos)
            << e.what();
    }
    value("DROP OWNED BY " + role);
    value("DROP ROLE " + role);
}

TEST(SchemaFiles, AreRefusedWithNumbersThatDoNotAscendAndNamesOfNoKind) {
    EXPECT_THROW(schema_from("1", {{"upgrades/0002_a.sql", ""}, {"upgrades/0002_b.sql", ""}}),
                 std::invalid_argument);
    EXPECT_THROW(schema_from("1", {{"upgrades/0002_a.sql", ""}, {"upgrades/0001_b.sql", ""}}),
                 std::invalid_argument);
    EXPECT_THROW(schema_from("1", {{"upgrades/0000_a.sql", ""}}), std::invalid_argument);
    EXPECT_THROW(schema_from("1", {{"upgrades/a.sql", ""}}), std::invalid_argument);
    EXPECT_THROW(schema_from("1", {{"a.sql", ""}}), std::invalid_argument);
}

TEST(SchemaFiles, AreHashedByNameAndTextOfTheCodeAlone) {
    const auto hash = [](const Files& files) { return schema_from("1", files).code_hash; };
    const auto usual = hash(kFirst);
    EXPECT_EQ(hash({{"tables/x.sql", "x"}, kFirst[1]}), usual);
    EXPECT_NE(hash({kFirst[0], {"code/things.sql", "x"}}), usual);
    EXPECT_NE(hash({kFirst[0], {"code/other.sql", kView}}), usual);
}

}  // namespace
}  // namespace paysync::db
