// SPDX-License-Identifier: MIT
#include "daemon/base/db/migrator.hpp"

#include "tests/support/temp_database.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include <stdexcept>

namespace paysync::db {
namespace {

using Files = std::vector<std::pair<std::string_view, std::string_view>>;

const Files kReleased = {{"0001_one.sql", "CREATE TABLE one ()"},
                         {"0040_forty.sql", "CREATE TABLE forty ()"}};
/// A branch that was written at the same time brought its step later.
const Files kMerged = {kReleased[0], {"0030_thirty.sql", "CREATE TABLE thirty ()"}, kReleased[1]};

class Migrator : public testing::Test {
protected:
    std::string applied(const Files& files, bool dry_run = false) {
        std::string names;
        migrate(database_.dsn(), migrations_from(files), dry_run,
                [&](const Migration& migration) { names += std::string(migration.name) + " "; });
        return names;
    }
    SchemaState state(const Files& files) {
        pqxx::connection connection(database_.dsn());
        pqxx::work tx(connection);
        return schema_state(tx, versions_of(migrations_from(files)));
    }

    test::TempDatabase database_{test::TempDatabase::Contents::empty};
};

TEST_F(Migrator, AppliesWhatIsMissingInOrder) {
    EXPECT_EQ(state(kReleased).missing, (std::vector<int>{1, 40}));
    EXPECT_EQ(applied(kReleased, true), "one forty ");
    EXPECT_EQ(applied(kReleased), "one forty ");
    EXPECT_EQ(applied(kReleased), "");
    EXPECT_TRUE(state(kReleased).usable());
}

TEST_F(Migrator, AppliesAStepThatCameToAGapLater) {
    applied(kReleased);
    const auto before = state(kMerged);
    EXPECT_EQ(before.applied, 40);
    EXPECT_EQ(before.missing, (std::vector<int>{30}));
    EXPECT_FALSE(before.usable());
    EXPECT_EQ(applied(kMerged), "thirty ");
    EXPECT_TRUE(state(kMerged).usable());
    EXPECT_TRUE(state(kReleased).usable()) << "an older daemon goes on";
}

TEST_F(Migrator, LetsOnlyABreakingStepStopAnOlderDaemon) {
    const Files broken = {
        kReleased[0], kReleased[1], {"0041_new.sql", "-- breaking\nCREATE TABLE new ()"}};
    applied(broken);
    EXPECT_TRUE(state(kReleased).newer_breaking);
    EXPECT_FALSE(state(kReleased).usable());
    EXPECT_TRUE(state(broken).usable());
}

TEST_F(Migrator, RefusesNumbersThatDoNotAscendAndNamesThatAreNone) {
    EXPECT_THROW(migrations_from({{"0002_a.sql", ""}, {"0002_b.sql", ""}}), std::invalid_argument);
    EXPECT_THROW(migrations_from({{"0002_a.sql", ""}, {"0001_b.sql", ""}}), std::invalid_argument);
    EXPECT_THROW(migrations_from({{"0000_a.sql", ""}}), std::invalid_argument);
    EXPECT_THROW(migrations_from({{"a.sql", ""}}), std::invalid_argument);
}

}  // namespace
}  // namespace paysync::db
