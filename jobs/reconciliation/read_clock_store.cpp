// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/read_clock_store.hpp"

#include "daemon/base/db/statement.hpp"

#include <pqxx/pqxx>

#include <limits>
#include <mutex>

namespace paysync::reconciliation::store {

namespace {

/// A larger difference, in seconds, means that a clock was set.
constexpr double kClockWasSet = 5;

double seconds(std::chrono::steady_clock::time_point moment) {
    return std::chrono::duration<double>(moment.time_since_epoch()).count();
}

/// The database's time minus ours. The way of the answer makes each measurement too small, so the
/// largest is the best one. It never shrinks, or an earlier moment could overtake a later one.
double best_offset(double measured) {
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
    offset_ = best_offset(rows[0][0].as<double>() - seconds(std::chrono::steady_clock::now()));
}

double ReadClock::of(std::chrono::steady_clock::time_point moment) const {
    return seconds(moment) + offset_;
}

}  // namespace paysync::reconciliation::store
