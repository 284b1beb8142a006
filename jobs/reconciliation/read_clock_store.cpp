// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/read_clock_store.hpp"

#include "daemon/base/db/statement.hpp"

#include <pqxx/pqxx>

#include <limits>
#include <mutex>

namespace paysync::reconciliation::store {

namespace {

/// By more than this only a clock differs that was set.
constexpr double kClockWasSet = 5;

double seconds(std::chrono::steady_clock::time_point moment) {
    return std::chrono::duration<double>(moment.time_since_epoch()).count();
}

/// The database's time less ours. Answers take their time, so each measurement is too small, and
/// the largest is the best; it never shrinks, so that no moment is overtaken by an earlier one.
double best_of(double measured) {
    static std::mutex mutex;
    static double best = -std::numeric_limits<double>::infinity();
    const std::lock_guard lock(mutex);
    if (measured > best || best - measured > kClockWasSet)
        best = measured;
    return best;
}

}  // namespace

ReadClock::ReadClock(pqxx::work& tx) {
    const auto rows = db::execute(tx, "SELECT extract(epoch FROM clock_timestamp())");
    offset_ = best_of(rows[0][0].as<double>() - seconds(std::chrono::steady_clock::now()));
}

double ReadClock::of(std::chrono::steady_clock::time_point moment) const {
    return seconds(moment) + offset_;
}

}  // namespace paysync::reconciliation::store
