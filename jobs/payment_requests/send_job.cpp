// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/send_job.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/wakeup.hpp"
#include "jobs/frame/lease.hpp"
#include "jobs/payment_requests/dispatch.hpp"
#include "jobs/payment_requests/queue_store.hpp"
#include "jobs/stripe/error.hpp"

#include <algorithm>
#include <utility>

namespace paysync::payment_requests {

namespace {

/// While mails are on their way and nothing else is due, how often it is looked whether there is
/// more. The end of the last one ends the wait, and with it the pass.
constexpr std::chrono::milliseconds kLookAgain(100);

}  // namespace

struct SendJob::Pass {
    Pass(Context& context, std::int64_t pass_token) : token(pass_token), steps(context) {}

    std::int64_t token;
    Steps steps;
    int in_flight = 0;
    Wakeup idle;        ///< the last mail in flight ended
    bool over = false;  ///< something is wrong that is no mail's fault
};

SendJob::SendJob(Settings settings, Sender sender)
    : settings_(std::move(settings)), sender_(std::move(sender)) {}

Task<void> SendJob::run(Context& context) {
    co_await settle_abandoned(context);
    if (!token_)
        token_ = co_await context.db.run(store::new_token);
    Pass pass(context, *std::exchange(token_, std::nullopt));
    LeaseKeeper keeper(context, store::renew_leases, store::release_leases, pass.token);
    co_await keeper.during(work_off(context, pass, keeper.work_stop()));
    // Of the next pass, which then begins with its claim.
    token_ = co_await context.db.run(store::new_token);
}

Task<void> SendJob::settle_abandoned(Context& context) {
    // Not at each wake-up: what dead daemons leave has waited for the end of a lease already.
    if (context.clock.now() < settle_at_)
        co_return;
    const bool resend = settings_.on_in_doubt == OnInDoubt::resend;
    const auto mails = co_await context.db.run(store::settle_abandoned, resend);
    settle_at_ = context.clock.now() + every() / 2;
    for (const auto& mail : mails)
        if (resend)
            log::about()
                .request(mail.request_id)
                .warn(
                    "payment request {}: a daemon ended while its mail was being taken; it is sent "
                    "again (on_in_doubt: resend)",
                    mail.request_id);
        else
            log::event(log::kMailInDoubt)
                .request(mail.request_id)
                .error(
                    "payment request {}: a daemon ended while its mail was being taken, so it is "
                    "in "
                    "doubt; settle it with 'paysyncctl mail resolve {}'",
                    mail.request_id, mail.delivery_id);
}

Task<void> SendJob::work_off(Context& context, Pass& pass, std::stop_token stop) {
    TaskGroup working(context.loop);
    std::exception_ptr error;
    try {
        co_await hand_out(context, pass, working, stop);
    } catch (...) {
        error = std::current_exception();
    }
    co_await working.join();
    if (error)
        std::rethrow_exception(error);
}

/// Claims as slots become free, and few at a time: what somebody else queues now is not behind a
/// long list of mails that were claimed before.
Task<void> SendJob::hand_out(Context& context, Pass& pass, TaskGroup& working,
                             std::stop_token stop) {
    const auto lease_seconds = std::chrono::duration<double>(context.leases.duration).count();
    const int refill = std::max(1, settings_.concurrency / 4);
    while (!stop.stop_requested() && !pass.over) {
        co_await working.wait_below(settings_.concurrency - refill + 1);
        const auto held = context.mail.paused();
        auto claim = co_await context.db.run(store::claim_due, pass.token,
                                             settings_.concurrency - pass.in_flight, after_, held,
                                             lease_seconds, context.daemon_id);
        after_ = claim.after;
        for (auto& delivery : claim.deliveries)
            working.spawn(work_one(context, pass, std::move(delivery), stop));
        if (!claim.deliveries.empty() || claim.more)
            continue;
        if (pass.in_flight == 0)
            break;
        co_await pass.idle.wait(context.clock, kLookAgain, stop);
    }
}

Task<void> SendJob::work_one(Context& context, Pass& pass, Delivery delivery,
                             std::stop_token stop) {
    ++pass.in_flight;
    std::string problem;
    std::exception_ptr ours;
    try {
        Dispatch dispatch(context, settings_, sender_, pass.steps, delivery, stop);
        co_await dispatch.run();
        context.report.did();
    } catch (const Cancelled&) {
        ours = std::current_exception();
    } catch (const db::Unavailable&) {
        ours = std::current_exception();
    } catch (const stripe::Error&) {
        ours = std::current_exception();
    } catch (const std::exception& e) {
        problem = e.what();
    }
    if (!problem.empty()) {
        context.report.failed("payment request " + delivery.request.request_id + ": see the log");
        log::about()
            .request(delivery.request.request_id)
            .error("payment request {}: {}; tried again in 60 s", delivery.request.request_id,
                   problem);
        co_await context.db.run(store::postpone, delivery.delivery_id, delivery.token, 60.0,
                                std::string("internal_error"), problem);
    }
    if (--pass.in_flight == 0)
        pass.idle.notify();
    if (ours) {
        pass.over = true;
        std::rethrow_exception(ours);
    }
}

}  // namespace paysync::payment_requests
