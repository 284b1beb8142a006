// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/read_job.hpp"

#include "daemon/db/errors.hpp"
#include "daemon/loop/cancelled.hpp"
#include "jobs/lease.hpp"
#include "jobs/reconciliation/account_reader.hpp"
#include "jobs/stripe/error.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace paysync::reconciliation {

Task<void> ReadJob::run(Context& context) {
    reading_ = 0;
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
        co_await accounts.wait_below(settings_.concurrency);
        auto turn =
            co_await context.db.run(store::claim_due, pace, lease_seconds, context.daemon_id);
        if (turn && failed_) {
            co_await context.db.run(store::give_back, turn->lease);
        } else if (turn) {
            ++reading_;
            accounts.spawn(read(context, std::move(*turn)));
        } else if (reading_ > 0) {
            // One that runs may give its stream back before it is read whole.
            co_await accounts.wait_below(reading_);
        } else {
            co_return;
        }
    }
}

Task<void> ReadJob::add_streams(Context& context) {
    const int added = co_await context.db.run(store::add_streams);
    if (added > 0)
        spdlog::info("reconciliation: {} more accounts are read from now on", added);
}

/// One account's turn, and what follows from its end.
Task<void> ReadJob::read(Context& context, store::Turn turn) {
    const auto lease = turn.lease;
    std::exception_ptr error;
    try {
        co_await take_turn(context, std::move(turn));
    } catch (...) {
        error = std::current_exception();
    }
    bool fatal = false;
    if (error) {
        const auto failure = judge(error, context.stop.stop_requested());
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
    --reading_;
    if (fatal)
        std::rethrow_exception(error);
}

Task<void> ReadJob::take_turn(Context& context, store::Turn turn) {
    // A turn gives its own lease back, with the time of the next one.
    LeaseKeeper keeper(context, store::renew_lease, nullptr, turn.lease.token);
    AccountReader reader(context, settings_, std::move(turn), keeper.work_stop());
    co_await keeper.during(reader.run());
}

ReadJob::Failure ReadJob::judge(std::exception_ptr error, bool stopping) const {
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
        if (e.key_refused())
            failure.scope = Scope::pass;
        else if (e.account_lost())
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
    switch (failure.scope) {
        case Failure::Scope::lost_lease:
            spdlog::warn("charges of {}: given up, another daemon may go on: {}", lease.account_id,
                         failure.problem);
            break;
        case Failure::Scope::pass:
            co_await context.db.run(store::give_back, lease);
            break;
        case Failure::Scope::unreachable:
            pause = co_await context.db.run(store::put_off_unreachable, lease, failure.problem,
                                            failure.at_least_seconds);
            spdlog::warn(
                "charges of {}: {}; onboarding looks whether it is still connected, and "
                "it is read again in {:.0f} s",
                lease.account_id, failure.problem, pause);
            break;
        case Failure::Scope::account:
            pause = co_await context.db.run(store::put_off, lease, failure.problem,
                                            failure.at_least_seconds);
            spdlog::warn("charges of {}: {}; read again in {:.0f} s", lease.account_id,
                         failure.problem, pause);
            break;
    }
}

}  // namespace paysync::reconciliation
