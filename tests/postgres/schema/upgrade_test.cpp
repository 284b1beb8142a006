// SPDX-License-Identifier: MIT
#include "jobs/schema/schema.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_database.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <tuple>

namespace paysync::test {
namespace {

namespace fs = std::filesystem;

std::string output_of(std::vector<std::string> program, const TempDatabase& database,
                      const std::vector<std::string>& arguments) {
    program.insert(program.end(), {"-h", cluster_socket_folder(), "-p", "5432", "-U", "paysync"});
    program.insert(program.end(), arguments.begin(), arguments.end());
    program.push_back(database.name());
    const auto [code, output] = run_program(program);
    if (code != 0)
        throw std::runtime_error(program.front() + ": " + output);
    return output;
}

void restore(const fs::path& dump, const TempDatabase& database) {
    output_of({"/usr/bin/psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", dump.string()}, database, {});
}

void migrate_to(const TempDatabase& database, const db::Schema& schema) {
    db::migrate(database.dsn(), schema, false, [](const auto&) {});
}

/// The text that pg_dump writes between two of its headings, each as one text.
std::vector<std::string> objects_of(const std::string& dump) {
    std::vector<std::string> objects;
    std::istringstream lines(dump);
    std::string object;
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("-- Name: ", 0) == 0) {
            objects.push_back(object);
            object.clear();
        } else if (!line.empty() && line.rfind("--", 0) != 0 && line.rfind("\\", 0) != 0) {
            object += line + "\n";
        }
    }
    objects.push_back(object);
    return objects;
}

/// Structure, comments and rights, and the rows that every database begins with, sorted; not when
/// they were made, nor the salt, which is random.
std::vector<std::string> contents_of(const TempDatabase& database) {
    auto all = objects_of(output_of({"/usr/bin/pg_dump", "--schema-only"}, database, {}));
    std::istringstream rows(output_of(
        {"/usr/bin/pg_dump", "--data-only", "--inserts"}, database,
        {"--exclude-table=pay_private.schema_*", "--exclude-table=pay_private.erase_salt"}));
    std::vector<std::string> inserts;
    for (std::string line; std::getline(rows, line);)
        if (line.rfind("INSERT", 0) == 0)
            inserts.push_back(line);
    all.insert(all.end(), inserts.begin(), inserts.end());
    std::sort(all.begin(), all.end());
    return all;
}

/// Objects and rows of one that the other has not, a line for each.
std::string difference(const std::vector<std::string>& left,
                       const std::vector<std::string>& right) {
    std::string all;
    for (const auto& [from, other, sign] :
         {std::tuple(&left, &right, "- "), std::tuple(&right, &left, "+ ")}) {
        std::vector<std::string> only;
        std::set_difference(from->begin(), from->end(), other->begin(), other->end(),
                            std::back_inserter(only));
        for (const auto& object : only)
            all += sign + object;
    }
    return all;
}

/// A folder for a dump that a test makes.
class DumpFolder {
public:
    DumpFolder() {
        static int counter = 0;
        path_ += "." + std::to_string(++counter);
        fs::create_directories(path_);
    }
    ~DumpFolder() { fs::remove_all(path_); }
    DumpFolder(const DumpFolder&) = delete;
    DumpFolder& operator=(const DumpFolder&) = delete;

    fs::path dump(const TempDatabase& database) const {
        const auto file = path_ / "dump.sql";
        std::ofstream(file) << output_of({"/usr/bin/pg_dump"}, database, {});
        return file;
    }

private:
    fs::path path_ = fs::temp_directory_path() / ("paysync-dump." + std::to_string(::getpid()));
};

/// The contents of a database after it was dumped and restored, which changes the parentheses of
/// some conditions: (a AND b) AND c.
std::vector<std::string> settled_contents_of(const TempDatabase& database) {
    const TempDatabase copy(TempDatabase::Contents::empty);
    restore(DumpFolder().dump(database), copy);
    return contents_of(copy);
}

/// Between a database made by a release and brought up to `schema`, and what `schema` makes of an
/// empty one.
std::string difference_to_fresh(const fs::path& dump, const db::Schema& schema) {
    const TempDatabase upgraded(TempDatabase::Contents::empty);
    restore(dump, upgraded);
    migrate_to(upgraded, schema);
    const TempDatabase fresh(TempDatabase::Contents::empty);
    migrate_to(fresh, schema);
    return difference(settled_contents_of(fresh), settled_contents_of(upgraded));
}

TEST(Upgrade, OfEachReleaseMakesWhatAnEmptyDatabaseGets) {
    for (const auto& entry :
         fs::directory_iterator(PAYSYNC_SOURCE_DIR "/tests/postgres/released")) {
        if (entry.path().extension() != ".sql")
            continue;
        EXPECT_EQ(difference_to_fresh(entry.path(), schema::current()), "") << entry.path();
    }
}

/// The same with a release and an upgrade that are made up: there may be none.
TEST(Upgrade, OfAMadeUpReleaseMakesWhatAnEmptyDatabaseGets) {
    const DumpFolder folder;
    const TempDatabase released;
    const auto dump = folder.dump(released);

    auto next = schema::current();
    next.version = "9999.0.0";
    next.code_hash += " changed";
    const std::string column =
        "ALTER TABLE pay_private.payout ADD COLUMN made_up text;"
        "COMMENT ON COLUMN pay_private.payout.made_up IS 'Made up.';";
    const std::string shape = "DROP VIEW pay.runs;" + column;
    next.tables.push_back({"tables/made_up.sql", column});
    next.upgrades.push_back({"9999_made_up", {"upgrades/9999_made_up.sql", shape}, false});
    next.code.insert(next.code.end() - 1,
                     {"code/made_up.sql", "COMMENT ON VIEW pay.runs IS 'Another comment.';"});
    EXPECT_EQ(difference_to_fresh(dump, next), "");
}

TEST(Upgrade, IsComparedObjectByObject) {
    EXPECT_EQ(difference({"a\n", "b\n"}, {"b\n", "c\n"}), "- a\n+ c\n");
    EXPECT_EQ(objects_of("SET x;\n--\n-- Name: a; Type: TABLE\n--\n\nCREATE a;\n"),
              (std::vector<std::string>{"SET x;\n", "CREATE a;\n"}));
}

TEST(Upgrade, AppliesTheCodeAgainWithTheSameResult) {
    const TempDatabase once;
    const TempDatabase twice;
    auto again = schema::current();
    again.code_hash += " changed";
    migrate_to(twice, again);
    EXPECT_EQ(difference(contents_of(once), contents_of(twice)), "");
}

}  // namespace
}  // namespace paysync::test
