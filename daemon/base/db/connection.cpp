// SPDX-License-Identifier: MIT
#include "daemon/base/db/connection.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/statement.hpp"

#include <algorithm>

namespace paysync::db {

namespace {

std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
        text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

bool starts_with_any(const std::string& sqlstate, std::initializer_list<const char*> classes) {
    return std::any_of(classes.begin(), classes.end(),
                       [&](const char* prefix) { return sqlstate.rfind(prefix, 0) == 0; });
}

/// The server shuts down or starts (57P), the connection broke (08), there are too many connections
/// (53300), or the server is read-only (25006).
bool means_unavailable(const std::string& sqlstate) {
    return starts_with_any(sqlstate, {"57P", "08", "53300", "25006"});
}

/// libpqxx 6 leaves the SQLSTATE of some errors empty.
std::string with_state(const pqxx::sql_error& error) {
    const auto message = trimmed(error.what());
    return error.sqlstate().empty() ? message : message + " (SQLSTATE " + error.sqlstate() + ")";
}

/// feature_not_supported. PostgreSQL reports it as "cached plan must not change result type" if a
/// table was altered after a statement was prepared.
constexpr const char* kPlanOutdated = "0A000";

constexpr int kConflictRetries = 3;

}  // namespace

void Connection::connect() {
    try {
        connection_ = std::make_unique<pqxx::connection>(conninfo_);
        forget_prepared_statements();
        if (plan_mode_ == PlanMode::generic)
            pqxx::nontransaction(*connection_).exec("SET plan_cache_mode = force_generic_plan");
    } catch (const pqxx::failure& e) {
        connection_.reset();
        throw Unavailable(trimmed(e.what()));
    }
}

void Connection::run(const std::function<void(pqxx::work&)>& work) {
    int conflicts = 0;
    for (;;) {
        const bool fresh = !connection_;
        if (fresh)
            connect();
        std::string lost;
        try {
            pqxx::work tx(*connection_);
            work(tx);
            tx.commit();
            return;
        } catch (const pqxx::in_doubt_error& e) {
            connection_.reset();
            throw CommitInDoubt(trimmed(e.what()));
        } catch (const pqxx::broken_connection& e) {
            lost = trimmed(e.what());
        } catch (const pqxx::statement_completion_unknown& e) {
            connection_.reset();
            throw CommitInDoubt(trimmed(e.what()));
        } catch (const pqxx::transaction_rollback& e) {
            // A deadlock or a serialization failure: the transaction was rolled back; run it again.
            if (conflicts++ < kConflictRetries)
                continue;
            throw StatementError(trimmed(e.what()), "40000");
        } catch (const pqxx::sql_error& e) {
            const bool outdated = e.sqlstate() == kPlanOutdated && !fresh;
            if (!means_unavailable(e.sqlstate()) && !outdated)
                throw StatementError(with_state(e), e.sqlstate());
            lost = trimmed(e.what());
        }
        // Closed here: libpqxx would reconnect on its own, two errors later and without our
        // settings.
        connection_.reset();
        if (fresh)
            throw Unavailable(lost);
    }
}

}  // namespace paysync::db

#ifdef __SANITIZE_ADDRESS__
// libpqxx 6.4 leaks the result of a statement during which the connection broke.
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libpqxx";
}
#endif
