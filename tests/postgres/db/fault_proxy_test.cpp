// SPDX-License-Identifier: MIT
// The stand-in fault_proxy in front of a real PostgreSQL, as libpqxx and the daemon's pool see it.
#include "daemon/base/db/conninfo.hpp"
#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/pool.hpp"
#include "tests/fault_proxy/proxy.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/temp_database.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include <filesystem>
#include <functional>
#include <future>
#include <string>
#include <thread>

namespace paysync::test {
namespace {

using fault_proxy::Settings;

bool eventually(const std::function<bool()>& happened) {
    for (int i = 0; i < 10000; ++i) {
        if (happened())
            return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
}

class FaultProxyPostgres : public testing::Test {
protected:
    FaultProxyPostgres() { direct("CREATE TABLE t (n int)"); }

    /// The libpq connection string of the test's database behind the proxy.
    std::string through() const {
        return db::conninfo(database_.dsn(), {{"host", "127.0.0.1"},
                                              {"port", std::to_string(proxy_.port())},
                                              {"sslmode", "disable"},
                                              {"gssencmode", "disable"}});
    }
    std::string direct(const std::string& sql) const {
        pqxx::connection connection(database_.dsn());
        const pqxx::result rows = pqxx::nontransaction(connection).exec(sql);
        return rows.empty() || rows.columns() == 0 ? "" : rows[0][0].as<std::string>("");
    }
    bool has_row() const { return direct("SELECT count(*) FROM t") == "1"; }
    static std::string ask(pqxx::connection& connection, const std::string& sql) {
        return pqxx::nontransaction(connection).exec(sql)[0][0].as<std::string>();
    }

    TempDatabase database_{TempDatabase::Contents::empty};
    fault_proxy::Proxy proxy_{{.target = cluster_socket_folder() + "/.s.PGSQL.5432"}};
};

TEST_F(FaultProxyPostgres, PassesQueriesAndRows) {
    pqxx::connection connection(through());
    EXPECT_EQ(ask(connection, "SELECT length(repeat('x', 1000000)) || 'ok'"), "1000000ok");
    EXPECT_EQ(ask(connection, "SELECT repeat('x', 1000000)").size(), 1000000U);
}

TEST_F(FaultProxyPostgres, ListensOnAUnixSocket) {
    const auto folder = std::filesystem::path(cluster_socket_folder()) / database_.name();
    std::filesystem::create_directory(folder);
    {
        const fault_proxy::Proxy unix_proxy({.listen = folder / ".s.PGSQL.5433",
                                             .target = cluster_socket_folder() + "/.s.PGSQL.5432"});
        pqxx::connection connection(
            db::conninfo(database_.dsn(), {{"host", folder.string()}, {"port", "5433"}}));
        EXPECT_EQ(ask(connection, "SELECT current_database()"), database_.name());
    }
    std::filesystem::remove(folder);
}

TEST_F(FaultProxyPostgres, CutsAnAnswerAfterAGivenNumberOfBytes) {
    for (const bool reset : {false, true}) {
        pqxx::connection connection(through());
        const auto passed = proxy_.counters().bytes_to_client;
        proxy_.set_existing({.to_client = {.cut_after = 5000}, .reset = reset});
        EXPECT_THROW(ask(connection, "SELECT repeat('x', 1000000)"), pqxx::broken_connection);
        EXPECT_EQ(proxy_.counters().bytes_to_client - passed, 5000U);
        proxy_.set({});
    }
    pqxx::connection again(through());
    EXPECT_EQ(ask(again, "SELECT 1"), "1");
}

TEST_F(FaultProxyPostgres, CutsAStatementBeforeItReachesTheServer) {
    pqxx::connection connection(through());
    proxy_.set_existing({.to_target = {.cut_after = 10}});
    EXPECT_THROW(pqxx::nontransaction(connection).exec("INSERT INTO t VALUES (1)"),
                 pqxx::broken_connection);
    EXPECT_FALSE(has_row());
}

TEST_F(FaultProxyPostgres, LosesTheAnswerToACommitThatSucceeded) {
    pqxx::connection connection(through());
    auto writing = std::async(std::launch::async, [&] {
        pqxx::work tx(connection);
        tx.exec("INSERT INTO t VALUES (1)");
        proxy_.set_existing({.to_client = {.swallow = true}});
        tx.commit();
    });
    ASSERT_TRUE(eventually([&] { return has_row(); }));
    proxy_.cut_all();
    // libpqxx cannot know the result either: broken_connection or in_doubt_error, never success.
    EXPECT_THROW(writing.get(), std::exception);
    EXPECT_TRUE(has_row());
}

TEST_F(FaultProxyPostgres, AHalfOpenPeerKeepsItsBackendUntilItIsCut) {
    pqxx::connection connection(db::conninfo(through(), {{"application_name", "half_open"}}));
    const std::string count = "SELECT count(*) FROM pg_stat_activity WHERE datname = '" +
                              database_.name() + "' AND application_name = 'half_open'";
    proxy_.set_existing({.to_target = {.swallow = true}, .to_client = {.swallow = true}});
    auto asking = std::async(std::launch::async, [&] { return ask(connection, "SELECT 1"); });
    ASSERT_TRUE(eventually([&] { return proxy_.counters().bytes_swallowed > 0; }));
    EXPECT_EQ(direct(count), "1") << "the server has heard nothing of it";
    proxy_.cut_all();
    EXPECT_THROW(asking.get(), pqxx::broken_connection);
    EXPECT_TRUE(eventually([&] { return direct(count) == "0"; }));
}

TEST_F(FaultProxyPostgres, DelaysAnswers) {
    pqxx::connection connection(through());
    const std::chrono::milliseconds delay(30);
    proxy_.set_existing({.to_target = {.delay = delay},
                         .to_client = {.delay = delay, .bytes_per_second = 1'000'000}});
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(ask(connection, "SELECT repeat('x', 100000)").size(), 100000U);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 2 * delay + std::chrono::milliseconds(70));
}

int one(pqxx::work& tx) {
    return tx.exec1("SELECT 1")[0].as<int>();
}

Task<int> ask_pool(db::Pool& pool) {
    co_return co_await pool.run(one);
}

TEST_F(FaultProxyPostgres, ThePoolRecoversAfterRefusedConnections) {
    Loop loop;
    std::vector<bool> changes;
    db::Pool::Options options;
    options.conninfo = through();
    options.workers = 1;
    options.on_change = [&](bool available, const std::string&) { changes.push_back(available); };
    db::Pool pool(loop, options);
    EXPECT_EQ(run_task(loop, ask_pool(pool)), 1);
    proxy_.refuse(true);
    proxy_.cut_all(true);
    for (int i = 0; i < 3; ++i)
        EXPECT_THROW(run_task(loop, ask_pool(pool)), db::Unavailable);
    EXPECT_EQ(changes, std::vector<bool>{false});
    proxy_.refuse(false);
    EXPECT_EQ(run_task(loop, ask_pool(pool)), 1);
    EXPECT_EQ(changes, (std::vector<bool>{false, true}));
}

}  // namespace
}  // namespace paysync::test
