// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/query.hpp"
#include "daemon/base/loop/loop.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace paysync::db {

class Connection;

/// Runs store functions on worker threads. libpqxx blocks, and the loop thread must not; so each
/// worker has a Connection of its own, and takes the next call from a common queue, in order.
///
///     int count_rows(pqxx::work& tx, std::string account);       // a store function
///     …
///     const int rows = co_await pool.run(count_rows, account);   // on the loop thread
///
/// Loop thread only, except that the workers call the store functions.
class Pool final : public Executor {
public:
    struct Options {
        std::string conninfo;  ///< of every worker; see db::conninfo()
        int workers = 4;       ///< number of threads and connections
        /// Called on the loop thread when the database becomes unavailable, with the reason, and
        /// when it is available again. Once per change.
        std::function<void(bool available, std::string reason)> on_change;
    };

    Pool(Loop& loop, Options options);
    /// Waits for the running calls. No call may be queued any more.
    ~Pool() override;

    /// `co_await pool.run(f, args…)` calls `f(pqxx::work&, args…)` on a worker, in a transaction of
    /// its own, and returns its result. The arguments are copied. `f` may be called again, and the
    /// exceptions are those of Connection::run().
    ///
    /// There is no stop token. A call that has begun always ends; statement_timeout in the
    /// connection string limits how long that takes.
    template <typename R, typename... P, typename... A>
    Query<R, P...> run(R (*function)(pqxx::work&, P...), A&&... args) {
        return Query<R, P...>(*this, function, std::forward<A>(args)...);
    }

    /// How long the oldest running call has been running; 0 if none is. The watchdog uses it to
    /// detect a stuck worker.
    std::chrono::steady_clock::duration longest_running();

private:
    void submit(QueryBase* query) override;
    void work(std::size_t worker);
    void record_availability(bool available, const std::string& reason,
                             std::chrono::steady_clock::time_point began);

    Loop& loop_;
    Options options_;
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<QueryBase*> queue_;                   // guarded by mutex_
    bool closing_ = false;                           // guarded by mutex_
    bool available_ = true;                          // guarded by mutex_
    std::chrono::steady_clock::time_point lost_at_;  // guarded by mutex_
    /// Start of each worker's current call, empty if it is idle; guarded by mutex_.
    std::vector<std::optional<std::chrono::steady_clock::time_point>> busy_since_;
    std::vector<std::thread> threads_;
};

}  // namespace paysync::db
