// SPDX-License-Identifier: MIT
#pragma once

#include <pqxx/pqxx>

#include <functional>
#include <memory>
#include <string>

namespace paysync::db {

/// How PostgreSQL plans prepared statements.
///
/// - `automatic`: PostgreSQL decides. It first plans each execution for its values.
/// - `generic`: one plan for all values (`plan_cache_mode = force_generic_plan`). For the short
///   statements that the daemon repeats: to plan them takes longer than to execute them.
enum class PlanMode { automatic, generic };

/// A PostgreSQL connection that connects at its first use, and again after it broke. All functions
/// block. One thread. The daemon uses it inside Pool; paysyncctl uses it directly.
class Connection {
public:
    explicit Connection(std::string conninfo, PlanMode plan_mode = PlanMode::automatic)
        : conninfo_(std::move(conninfo)), plan_mode_(plan_mode) {}

    /// Runs `work` in a transaction of its own and commits it.
    ///
    /// `work` may be called several times, so it must have no effect outside the transaction. It is
    /// called again after a deadlock or serialization failure (up to 3 times), and once on a new
    /// connection if an existing one turns out to be broken before COMMIT.
    ///
    /// Throws Unavailable, CommitInDoubt, StatementError, or the exception of `work`, after a
    /// rollback.
    void run(const std::function<void(pqxx::work&)>& work);

private:
    void connect();

    std::string conninfo_;
    PlanMode plan_mode_;
    std::unique_ptr<pqxx::connection> connection_;
};

}  // namespace paysync::db
