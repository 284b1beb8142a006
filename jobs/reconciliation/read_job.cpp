// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/read_job.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "jobs/frame/lease_keeper.hpp"
#include "jobs/reconciliation/stream_reader.hpp"
#include "jobs/reconciliation/walk.hpp"
#include "jobs/stripe/error.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <iterator>

namespace paysync::reconciliation {

namespace {

/// Pages of all streams that are asked for or wait to be stored: what bounds the memory.
constexpr int kPagesInHand = 48;
/// A turn that takes longer does not keep its place from others, of which there are at most so many
/// times the usual number.
constexpr std::chrono::seconds kSlowTurn{20};

/// How often it is told that the key lacks a right.
constexpr std::chrono::hours kForbiddenAgain{1};
constexpr std::size_t kMostTurns = 4;

}  // namespace

Task<void> ReadJob::run(Context& context) {
    in_hand_.emplace(context.clock, kPagesInHand);
    reading_.clear();
    failed_ = false;
    TaskGroup accounts(context.loop);
    std::exception_ptr error;
    try {
        co_await claim_all(context, accounts);
    } catch (...) {
        error = std::current_exception();
    }
    co_await accounts.join();
    if (error)
        std::rethrow_exception(error);
}

Task<void> ReadJob::claim_all(Context& context, TaskGroup& accounts) {
    const auto pace = pace_of(settings_);
    const double lease_seconds = std::chrono::duration<double>(context.leases.duration).count();
    auto look_for_new = context.clock.now();
    while (!failed_ && !context.stop.stop_requested()) {
        // A pass can be as long as the first walk of a large account.
        if (context.clock.now() >= look_for_new) {
            co_await add_streams(context);
            look_for_new = context.clock.now() + settings_.every;
        }
        co_await wait_for_place(context);
        auto turn =
            co_await context.db.run(store::claim_due, pace, lease_seconds, context.daemon_id);
        if (turn && failed_) {
            co_await context.db.run(store::hand_back, turn->lease, std::string());
        } else if (turn) {
            accounts.spawn(read(context, std::move(*turn)));
        } else if (!reading_.empty()) {
            // One that runs may give its stream back before it is read whole, and others become
            // due meanwhile.
            co_await ended_.wait(context.clock, settings_.every / 2, context.stop);
        } else {
            co_return;
        }
    }
}

Task<void> ReadJob::wait_for_place(Context& context) {
    const auto places = static_cast<std::size_t>(settings_.concurrency);
    for (;;) {
        const auto slow = reading_.upper_bound(context.clock.now() - kSlowTurn);
        const auto quick = static_cast<std::size_t>(std::distance(slow, reading_.end()));
        if (quick < places && reading_.size() < kMostTurns * places)
            co_return;
        co_await ended_.wait(context.clock, kSlowTurn / 4, context.stop);
    }
}

Task<void> ReadJob::add_streams(Context& context) {
    const int added = co_await context.db.run(store::add_streams);
    if (added > 0)
        spdlog::info("reconciliation: {} more streams of accounts are read from now on", added);
}

/// One stream's turn, and what follows from its end.
Task<void> ReadJob::read(Context& context, store::Turn turn) {
    const auto lease = turn.lease;
    const auto place = reading_.insert(context.clock.now());
    std::exception_ptr error;
    try {
        co_await take_turn(context, std::move(turn));
    } catch (...) {
        error = std::current_exception();
    }
    bool fatal = false;
    if (error) {
        const auto failure = judge(error, lease.account_id, context.stop.stop_requested());
        fatal = failure.scope == Failure::Scope::pass;
        // Before the stream is given back, or the next claim would take it at once.
        failed_ = failed_ || fatal;
        try {
            co_await record(context, lease, failure);
        } catch (const store::LeaseLost&) {
            // Whoever has the stream now writes down how it fares.
        } catch (...) {
            // The lease runs out by itself, and the first error is the one to tell of.
            fatal = true;
        }
    }
    failed_ = failed_ || fatal;
    reading_.erase(place);
    ended_.notify();
    if (fatal)
        std::rethrow_exception(error);
}

Task<void> ReadJob::take_turn(Context& context, store::Turn turn) {
    LeaseKeeper keeper(context, store::kStreamLeases, turn.lease.token);
    StreamReader reader(context, settings_, std::move(turn), *in_hand_, keeper.work_stop());
    co_await keeper.during(reader.run());
}

ReadJob::Failure ReadJob::judge(std::exception_ptr error, const std::string& account_id,
                                bool stopping) const {
    using Scope = Failure::Scope;
    Failure failure;
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
        // The key may lack the right to this kind alone.
        failure.key_refused = e.kind() == stripe::Error::Kind::authentication;
        if (failure.key_refused && account_id != kPlatform)
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

Task<void> ReadJob::record(Context& context, store::Lease lease, Failure failure) {
    double pause = 0;
    // Here, since a conditional within co_await is destroyed twice by g++ 12.
    const std::string problem_of_key = failure.key_refused ? failure.problem : "";
    if (failure.scope == Failure::Scope::account || failure.scope == Failure::Scope::unreachable)
        context.report.failed(lease.stream + " of " + name_of(lease.account_id) + ": " +
                              failure.problem);
    switch (failure.scope) {
        case Failure::Scope::lost_lease:
            log::about()
                .account(lease.account_id)
                .warn("{} of {}: given up, another daemon may go on: {}", lease.stream,
                      name_of(lease.account_id), failure.problem);
            break;
        case Failure::Scope::pass:
            co_await context.db.run(store::hand_back, lease, problem_of_key);
            break;
        case Failure::Scope::unreachable:
            pause = co_await context.db.run(store::put_off_unreachable, lease, failure.problem,
                                            failure.at_least_seconds);
            log::about()
                .account(lease.account_id)
                .warn(
                    "{} of {}: {}; onboarding looks whether it is still connected, and "
                    "it is read again in {:.0f} s",
                    lease.stream, name_of(lease.account_id), failure.problem, pause);
            break;
        case Failure::Scope::forbidden:
            pause = co_await context.db.run(store::put_off, lease, failure.problem,
                                            failure.at_least_seconds);
            context.report.failed(lease.stream + ": " + failure.problem);
            // Every account may say the same.
            if (const auto told = told_forbidden_.find(lease.stream);
                told == told_forbidden_.end() ||
                context.clock.now() - told->second >= kForbiddenAgain) {
                told_forbidden_[lease.stream] = context.clock.now();
                log::about()
                    .account(lease.account_id)
                    .error(
                        "{} of {}: {}; give the key that right, or reconnect the account with it; "
                        "it is read again in {:.0f} s, and other accounts that say so are not "
                        "told of for an hour",
                        lease.stream, name_of(lease.account_id), failure.problem, pause);
            }
            break;
        case Failure::Scope::account:
            pause = co_await context.db.run(store::put_off, lease, failure.problem,
                                            failure.at_least_seconds);
            log::about()
                .account(lease.account_id)
                .warn("{} of {}: {}; read again in {:.0f} s", lease.stream,
                      name_of(lease.account_id), failure.problem, pause);
            break;
    }
}

}  // namespace paysync::reconciliation
