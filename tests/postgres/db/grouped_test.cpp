// SPDX-License-Identifier: MIT
#include "daemon/base/db/grouped.hpp"

#include "daemon/base/loop/task_group.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/temp_database.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

namespace paysync::db {
namespace {

/// Stores each number with its transaction; a zero aborts the transaction.
std::vector<int> note_numbers(pqxx::work& tx, std::vector<int> numbers) {
    std::vector<int> doubled;
    for (const int number : numbers) {
        tx.exec_params("INSERT INTO noted VALUES ($1, txid_current(), 1 / $1)", number);
        doubled.push_back(2 * number);
    }
    return doubled;
}

class GroupedStatements : public testing::Test {
protected:
    GroupedStatements() { run("CREATE TABLE noted (number int, transaction bigint, inverse int)"); }

    std::string run(const std::string& sql) {
        pqxx::connection connection(database_.dsn());
        pqxx::work tx(connection);
        const auto rows = tx.exec(sql);
        tx.commit();
        return rows.empty() ? "" : rows[0][0].as<std::string>();
    }

    Task<void> call(Grouped<int, int>& grouped, int number, std::string& answers) {
        std::string answer;
        try {
            answer = std::to_string(co_await grouped.run(number));
        } catch (const StatementError& e) {
            answer = e.sqlstate();
        } catch (const Unavailable&) {
            answer = "unavailable";
        }
        answers += answer + " ";
    }

    Task<void> call_all(Loop& loop, Pool& pool, std::vector<int> numbers, std::size_t largest,
                        std::string& answers) {
        Grouped<int, int> grouped(loop, pool, note_numbers, largest);
        TaskGroup calls(loop);
        for (const int number : numbers)
            calls.spawn(call(grouped, number, answers));
        co_await calls.join();
    }

    /// The results of concurrent calls, in the order of the calls.
    std::string answers_to(const std::vector<int>& numbers, std::size_t largest = 64) {
        Loop loop;
        std::string answers;
        Pool::Options options;
        options.conninfo = database_.dsn();
        Pool pool(loop, options);
        run_task(loop, call_all(loop, pool, numbers, largest, answers));
        return answers;
    }

    test::TempDatabase database_;
};

TEST_F(GroupedStatements, ItemsThatArriveDuringAStatementShareTheNext) {
    EXPECT_EQ(answers_to({1, 2, 3, 4, 5}), "2 4 6 8 10 ");
    EXPECT_EQ(run("SELECT count(DISTINCT transaction) || ' of ' || count(*) FROM noted"), "2 of 5")
        << "the first goes alone, the others share the next";
}

TEST_F(GroupedStatements, ABatchHasAMaximumSize) {
    EXPECT_EQ(answers_to({1, 2, 3, 4, 5}, 2), "2 4 6 8 10 ");
    EXPECT_EQ(run("SELECT count(DISTINCT transaction) FROM noted"), "3");
}

TEST_F(GroupedStatements, AFailingItemFailsAlone) {
    EXPECT_EQ(answers_to({1, 2, 0, 4}), "2 4 22012 8 ");
    EXPECT_EQ(run("SELECT count(*) FROM noted"), "3");
}

TEST_F(GroupedStatements, ABatchIsHalvedAroundABadItem) {
    std::vector<int> numbers{1};
    for (int i = 0; i < 64; ++i)
        numbers.push_back(i);  // one of them is 0
    const auto answers = answers_to(numbers);
    EXPECT_NE(answers.find("22012 "), std::string::npos) << answers;
    EXPECT_EQ(run("SELECT count(*) FROM noted"), "64");
    EXPECT_EQ(run("SELECT count(DISTINCT transaction) FROM noted"), "7")
        << "the first call, then 32, 16, 8, 4, 2 and 1 of the others";
}

}  // namespace
}  // namespace paysync::db
