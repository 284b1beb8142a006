// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/read_job.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/semaphore.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "daemon/base/loop/wakeup.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/frame/lease_keeper.hpp"
#include "jobs/reconciliation/stream_kind.hpp"
#include "jobs/reconciliation/stream_reader.hpp"
#include "jobs/reconciliation/walk.hpp"
#include "jobs/stripe/error.hpp"

#include <algorithm>
#include <chrono>

namespace paysync::reconciliation {

namespace {

/// Pages of all streams that are requested or wait to be stored. Bounds the memory.
constexpr int kPageSlots = 48;
/// A place becomes free when a turn ends, or because it takes long.
constexpr std::chrono::seconds kAskForPlace{1};
/// The error that the key lacks a right is logged once in this time for each kind.
constexpr std::chrono::hours kLogForbiddenEvery{1};

}  // namespace

/// State that the turns of a pass share.
struct ReadJob::Pass {
    Pass(Context& context, int concurrency)
        : page_slots(context.clock, kPageSlots), places(context.clock, concurrency) {}

    Semaphore page_slots;
    FairPlaces places;  ///< by account
    Wakeup turn_ended;
    bool failed = false;  ///< of an error that is no stream's fault
};

Task<void> ReadJob::run(Context& context) {
    Pass pass(context, settings_.concurrency);
    TaskGroup turns(context.loop);
    co_await turns.join_after(claim_all(context, pass, turns));
}

Task<void> ReadJob::claim_all(Context& context, Pass& pass, TaskGroup& turns) {
    const auto times = walk_times(settings_);
    const double lease_seconds = std::chrono::duration<double>(context.leases.duration).count();
    auto add_streams_at = context.clock.now();
    while (!pass.failed && !context.stop.stop_requested()) {
        // Not once per pass: a pass can be as long as the first walk of a large account.
        if (context.clock.now() >= add_streams_at) {
            co_await add_streams(context);
            add_streams_at = context.clock.now() + settings_.every;
        }
        while (pass.places.free() <= 0)
            co_await pass.turn_ended.wait(context.clock, kAskForPlace, context.stop);
        auto turn = co_await context.db.run(store::claim_due, times, pass.places.busy(),
                                            lease_seconds, context.daemon_id);
        if (turn && pass.failed) {
            co_await context.db.run(store::release_unchanged, turn->lease, std::string());
        } else if (turn) {
            turns.spawn(read(context, pass, std::move(*turn)));
        } else if (pass.places.taken() > 0) {
            // A running turn may release its stream as due again, and others become due meanwhile.
            co_await pass.turn_ended.wait(context.clock, settings_.every / 2, context.stop);
        } else {
            co_return;
        }
    }
}

Task<void> ReadJob::add_streams(Context& context) {
    const int added = co_await context.db.run(store::add_streams);
    if (added > 0)
        log::about().info("reconciliation: {} streams added", added);
}

/// One turn, and what follows when it fails.
Task<void> ReadJob::read(Context& context, Pass& pass, store::Turn turn) {
    const auto lease = turn.lease;
    auto place = pass.places.take(lease.account_id);
    std::exception_ptr error;
    try {
        co_await take_turn(context, pass, place, std::move(turn));
    } catch (...) {
        error = std::current_exception();
    }
    bool fatal = false;
    if (error) {
        const auto failure =
            classify_failure(error, lease.account_id, context.stop.stop_requested());
        fatal = failure.scope == TurnFailure::Scope::pass;
        // Before the stream is released, or claim_all() would claim it at once.
        pass.failed = pass.failed || fatal;
        try {
            co_await record_failure(context, lease, failure);
        } catch (const store::LeaseLost&) {
            // The daemon that has the stream now records its state.
        } catch (...) {
            // The lease runs out by itself; the first error is the one to report.
            fatal = true;
        }
    }
    pass.failed = pass.failed || fatal;
    place.release();
    pass.turn_ended.notify();
    if (fatal)
        std::rethrow_exception(error);
}

Task<void> ReadJob::take_turn(Context& context, Pass& pass, FairPlaces::Place& place,
                              store::Turn turn) {
    LeaseKeeper keeper(context, store::kStreamLeases, turn.lease.token);
    StreamReader reader(context, settings_, std::move(turn), pass.page_slots, place,
                        keeper.work_stop());
    co_await keeper.during(reader.run());
}

ReadJob::TurnFailure ReadJob::classify_failure(std::exception_ptr error,
                                               const std::string& account_id, bool stopping) const {
    using Scope = TurnFailure::Scope;
    TurnFailure failure;
    failure.at_least_seconds = std::chrono::duration<double>(settings_.every).count();
    try {
        std::rethrow_exception(error);
    } catch (const Cancelled& e) {
        failure.problem = e.what();
        failure.scope = stopping ? Scope::pass : Scope::lost_lease;
    } catch (const db::Unavailable& e) {
        failure.problem = e.what();
        failure.scope = Scope::pass;
    } catch (const store::LeaseLost& e) {
        failure.problem = e.what();
        failure.scope = Scope::lost_lease;
    } catch (const stripe::Error& e) {
        failure.problem = e.what();
        // A key without a right to this kind may still read the others: permission is not pass.
        failure.key_invalid = e.kind() == stripe::Error::Kind::authentication;
        if (failure.key_invalid && account_id != kPlatform)
            failure.scope = Scope::pass;
        else if (e.kind() == stripe::Error::Kind::permission)
            failure.scope = Scope::forbidden;
        else if (e.account_lost() && account_id != kPlatform)
            failure.scope = Scope::unreachable;
        const std::chrono::duration<double> asked =
            e.retry_after().value_or(std::chrono::seconds(0));
        failure.at_least_seconds = std::max(failure.at_least_seconds, asked.count());
    } catch (const std::exception& e) {
        failure.problem = e.what();
    }
    return failure;
}

bool ReadJob::may_log_forbidden(Context& context, const std::string& stream) {
    const auto now = context.clock.now();
    const auto [logged, is_first] = logged_forbidden_.emplace(stream, now);
    if (!is_first && now - logged->second < kLogForbiddenEvery)
        return false;
    logged->second = now;
    return true;
}

Task<void> ReadJob::record_failure(Context& context, store::StreamLease lease,
                                   TurnFailure failure) {
    using Scope = TurnFailure::Scope;
    const auto account = display_name(lease.account_id);
    const auto& problem = failure.problem;
    // Here, because g++ 12 destroys a conditional inside co_await twice.
    const std::string problem_of_key = failure.key_invalid ? problem : "";
    double pause = 0;
    if (failure.scope == Scope::stream || failure.scope == Scope::unreachable)
        context.report.failed(lease.stream + " of " + account + ": " + problem);
    if (failure.scope == Scope::pass)
        co_await context.db.run(store::release_unchanged, lease, problem_of_key);
    else if (failure.scope == Scope::unreachable)
        pause = co_await context.db.run(store::release_unreachable, lease, problem,
                                        failure.at_least_seconds);
    else if (failure.scope != Scope::lost_lease)
        pause = co_await context.db.run(store::release_failed, lease, problem,
                                        failure.at_least_seconds);
    if (failure.scope == Scope::forbidden)
        context.report.failed(lease.stream + ": " + problem);
    auto line = log::about();
    line.account(lease.account_id);
    switch (failure.scope) {
        case Scope::pass:
            break;
        case Scope::lost_lease:
            line.warn("{} {}: turn broken off: {}; another daemon may continue it", account,
                      lease.stream, problem);
            break;
        case Scope::unreachable:
            line.warn(
                "{} {}: {}; onboarding checks whether the account is still connected, retrying in "
                "{:.0f} s",
                account, lease.stream, problem, pause);
            break;
        case Scope::forbidden:
            if (may_log_forbidden(context, lease.stream))
                line.error(
                    "{} {}: {}; grant it to the Stripe key or reconnect the account, retrying in "
                    "{:.0f} s; the same error on other accounts is not logged for 1 h",
                    account, lease.stream, problem, pause);
            break;
        case Scope::stream:
            line.warn("{} {}: {}; retrying in {:.0f} s", account, lease.stream, problem, pause);
            break;
    }
}

}  // namespace paysync::reconciliation
