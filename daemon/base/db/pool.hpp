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

/// Worker threads that each own one PostgreSQL connection; the loop thread hands them plain
/// functions.
class Pool final : public Executor {
public:
    struct Options {
        std::string conninfo;  ///< for every worker; see db::conninfo()
        int workers = 4;
        /// Called on the loop thread when the database stops or starts to answer, with the reason.
        std::function<void(bool available, std::string reason)> on_change;
    };

    Pool(Loop& loop, Options options);
    /// Waits for what is running; nothing may be queued any more.
    ~Pool() override;

    /// `co_await pool.run(store::f, args…)` runs `f(pqxx::work&, args…)` on a worker in a
    /// transaction of its own and yields what it returns. Arguments are copied. Throws as
    /// Connection::run() does. A query that has begun always ends (statement_timeout bounds it), so
    /// no stop token is taken.
    template <typename R, typename... P, typename... A>
    Query<R, P...> run(R (*function)(pqxx::work&, P...), A&&... args) {
        return Query<R, P...>(*this, function, std::forward<A>(args)...);
    }

    /// How long the longest unit of work has been running; 0 when none does.
    std::chrono::steady_clock::duration longest();

private:
    void submit(QueryBase* query) override;
    void work(std::size_t worker);
    void note(bool available, const std::string& reason,
              std::chrono::steady_clock::time_point began);

    Loop& loop_;
    Options options_;
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<QueryBase*> queue_;                   // guarded by mutex_
    bool closing_ = false;                           // guarded by mutex_
    bool available_ = true;                          // guarded by mutex_
    std::chrono::steady_clock::time_point lost_at_;  // guarded by mutex_
    /// When each worker began what it does now, if anything; guarded by mutex_.
    std::vector<std::optional<std::chrono::steady_clock::time_point>> began_;
    std::vector<std::thread> threads_;
};

}  // namespace paysync::db
