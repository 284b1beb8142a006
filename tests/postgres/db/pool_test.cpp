// SPDX-License-Identifier: MIT
#include "daemon/base/db/pool.hpp"

#include "daemon/base/db/conninfo.hpp"
#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/listener.hpp"
#include "daemon/base/db/statement.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/temp_database.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

namespace paysync::db {
namespace {

using namespace std::chrono_literals;

int add(pqxx::work& tx, int a, int b) {
    return tx.exec_params1("SELECT $1::int + $2::int", a, b)[0].as<int>();
}

int backend(pqxx::work& tx) {
    return tx.exec1("SELECT pg_backend_pid()")[0].as<int>();
}

std::string setting(pqxx::work& tx, std::string name) {
    return tx.exec_params1("SELECT current_setting($1)", name)[0].as<std::string>();
}

int width(pqxx::work& tx) {
    return static_cast<int>(execute(tx, "SELECT * FROM t WHERE $1 > 0", 1).columns());
}

void bad_statement(pqxx::work& tx) {
    tx.exec("SELECT no_such_column");
}

void insert_then_fail(pqxx::work& tx) {
    tx.exec("INSERT INTO t VALUES (1)");
    throw std::logic_error("after the insert");
}

int count_rows(pqxx::work& tx) {
    return tx.exec1("SELECT count(*) FROM t")[0].as<int>();
}

template <typename R, typename... P, typename... A>
Task<R> call(Pool& pool, R (*function)(pqxx::work&, P...), A... args) {
    co_return co_await pool.run(function, args...);
}

int nap(pqxx::work& tx) {
    tx.exec("SELECT pg_sleep(0.3)");
    return 0;
}

Task<void> nap_on(Pool& pool) {
    co_await pool.run(&nap);
}

/// Records the pool's duration of a query while it runs.
Task<void> watch(Loop& loop, Pool& pool, std::chrono::steady_clock::duration& seen) {
    LoopClock clock(loop);
    TaskGroup running(loop);
    running.spawn(nap_on(pool));
    co_await clock.sleep(std::chrono::milliseconds(100), std::stop_token());
    seen = pool.longest_running();
    co_await running.join();
}

class ConnectionPool : public testing::Test {
protected:
    Pool::Options options(int workers = 1) {
        Pool::Options options;
        options.conninfo = conninfo(database_.dsn(), {{"options", "-c statement_timeout=12345"}});
        options.workers = workers;
        options.on_change = [this](bool available, const std::string& reason) {
            changes_.emplace_back(available, reason);
        };
        return options;
    }
    void admin(const std::string& sql) {
        pqxx::connection connection(database_.dsn());
        pqxx::nontransaction(connection).exec(sql);
    }

    test::TempDatabase database_{test::TempDatabase::Contents::empty};
    std::vector<std::pair<bool, std::string>> changes_;
    Loop loop_;
};

TEST_F(ConnectionPool, RunsAFunctionOnAWorker) {
    Pool pool(loop_, options());
    EXPECT_EQ(run_task(loop_, call(pool, &add, 2, 3)), 5);
}

TEST_F(ConnectionPool, ReportsTheDurationOfTheLongestRunningUnitOfWork) {
    Pool pool(loop_, options());
    EXPECT_EQ(pool.longest_running().count(), 0);
    std::chrono::steady_clock::duration seen{};
    run_task(loop_, watch(loop_, pool, seen));
    EXPECT_GT(seen.count(), 0);
    EXPECT_EQ(run_task(loop_, call(pool, &add, 2, 3)), 5);
}

TEST_F(ConnectionPool, ReconnectsWithItsSettingsAfterAKilledBackend) {
    Pool pool(loop_, options());
    const int first = run_task(loop_, call(pool, &backend));
    admin("SELECT pg_terminate_backend(" + std::to_string(first) + ")");
    const int second = run_task(loop_, call(pool, &backend));
    EXPECT_NE(first, second);
    EXPECT_EQ(run_task(loop_, call(pool, &setting, std::string("statement_timeout"))), "12345ms");
    EXPECT_TRUE(changes_.empty()) << "a killed backend is no lost database";
}

TEST_F(ConnectionPool, PreparesAStatementOncePerConnectionAndAgainAfterItsTableChanged) {
    admin("CREATE TABLE t (a int)");
    Pool pool(loop_, options());
    const auto prepared = [](pqxx::work& tx) {
        return tx.exec1("SELECT count(*) FROM pg_prepared_statements")[0].as<int>();
    };
    EXPECT_EQ(run_task(loop_, call(pool, &width)), 1);
    EXPECT_EQ(run_task(loop_, call(pool, &width)), 1);
    EXPECT_EQ(run_task(loop_, call(pool, +prepared)), 1);
    admin("ALTER TABLE t ADD COLUMN b int");
    EXPECT_EQ(run_task(loop_, call(pool, &width)), 2);
    EXPECT_EQ(run_task(loop_, call(pool, +prepared)), 1) << "on a connection of its own";
}

TEST_F(ConnectionPool, ReportsStatementErrorsWithTheirSqlstate) {
    Pool pool(loop_, options());
    try {
        run_task(loop_, call(pool, &bad_statement));
        FAIL() << "no error";
    } catch (const StatementError& e) {
        EXPECT_EQ(e.sqlstate(), "42703");
        EXPECT_NE(std::string(e.what()).find("42703"), std::string::npos);
    }
    EXPECT_EQ(run_task(loop_, call(pool, &add, 1, 1)), 2);
}

TEST_F(ConnectionPool, RollsBackWhenTheFunctionThrows) {
    admin("CREATE TABLE t (n int)");
    Pool pool(loop_, options());
    EXPECT_THROW(run_task(loop_, call(pool, &insert_then_fail)), std::logic_error);
    EXPECT_EQ(run_task(loop_, call(pool, &count_rows)), 0);
}

TEST_F(ConnectionPool, LogsOnceThatTheDatabaseIsGoneAndOnceThatItIsBack) {
    Pool pool(loop_, options());
    EXPECT_EQ(run_task(loop_, call(pool, &add, 1, 1)), 2);
    // Refuses all connections: a client cannot distinguish this from a server that is down.
    pqxx::connection elsewhere("host=" + test::cluster_socket_folder() +
                               " port=5432 user=paysync dbname=postgres");
    pqxx::nontransaction tx(elsewhere);
    tx.exec("ALTER DATABASE " + database_.name() + " ALLOW_CONNECTIONS false");
    tx.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" +
            database_.name() + "'");
    for (int i = 0; i < 3; ++i)
        EXPECT_THROW(run_task(loop_, call(pool, &add, 1, 1)), Unavailable);
    ASSERT_EQ(changes_.size(), 1U);
    EXPECT_FALSE(changes_[0].first);
    tx.exec("ALTER DATABASE " + database_.name() + " ALLOW_CONNECTIONS true");
    EXPECT_EQ(run_task(loop_, call(pool, &add, 1, 1)), 2);
    ASSERT_EQ(changes_.size(), 2U);
    EXPECT_TRUE(changes_[1].first);
}

Task<void> many(Pool& pool, int& sum) {
    for (int i = 0; i < 50; ++i)
        sum += co_await pool.run(add, i, 0);
}

TEST_F(ConnectionPool, ServesManyCoroutinesConcurrently) {
    Pool pool(loop_, options(4));
    int sum = 0;
    for (int i = 0; i < 8; ++i)
        loop_.spawn(many(pool, sum), [](std::exception_ptr error) { EXPECT_FALSE(error); });
    loop_.run();
    EXPECT_EQ(sum, 8 * 1225);
}

TEST(Conninfo, AddsSettingsToKeywordStringsAndUris) {
    EXPECT_EQ(conninfo("host=/tmp dbname=a", {{"password", "it's \\ secret"}}),
              "dbname='a' host='/tmp' password='it\\'s \\\\ secret'");
    EXPECT_EQ(conninfo("postgresql://u@h:5433/db", {{"user", "v"}}),
              "dbname='db' host='h' port='5433' user='v'");
    EXPECT_THROW(conninfo("nonsense", {}), std::invalid_argument);
}

class DatabaseListener : public ConnectionPool {};

TEST_F(DatabaseListener, ReceivesNotificationsAndReconnectsAfterALoss) {
    LoopClock clock(loop_);
    std::stop_source stop;
    int heard = 0;
    Listener::Options listening;
    listening.conninfo = conninfo(database_.dsn(), {{"application_name", "listener"}});
    listening.channels = {"pay_test"};
    // 1: connected; 2: a notification; 3: connected again after the kill; 4: a notification.
    listening.on_notify = [&](const std::string& channel) {
        EXPECT_EQ(channel, "pay_test");
        ++heard;
        if (heard == 1 || heard == 3)
            admin("NOTIFY pay_test");
        if (heard == 2)
            admin(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
                "'listener'");
        if (heard == 4)
            stop.request_stop();
    };
    Listener listener(loop_, clock, listening);
    loop_.spawn(listener.run(stop.get_token()), [](std::exception_ptr) {});
    loop_.run();
    EXPECT_EQ(heard, 4);
}

}  // namespace
}  // namespace paysync::db
