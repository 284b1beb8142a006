// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/send_job.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "daemon/base/loop/wakeup.hpp"
#include "daemon/base/mail/sender.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/frame/lease_keeper.hpp"
#include "jobs/payment_requests/dispatch.hpp"
#include "jobs/payment_requests/queue_store.hpp"
#include "jobs/payment_requests/shared_writes.hpp"
#include "jobs/stripe/error.hpp"

#include <algorithm>
#include <utility>

namespace paysync::payment_requests {

namespace {

/// While deliveries are under way and no other is due: how often the queue is asked again. The end
/// of the last one ends the wait, and with it the pass.
constexpr std::chrono::milliseconds kAskAgain(100);

/// After an error that nobody has foreseen.
constexpr double kRetryAfterError = 60;

}  // namespace

/// State that the deliveries of a pass share.
struct SendJob::Pass {
    Pass(Context& context, std::int64_t pass_token) : token(pass_token), writes(context) {}

    std::int64_t token;
    SharedWrites writes;
    int under_way = 0;
    Wakeup idle;        ///< the last delivery under way ended
    bool over = false;  ///< of an error that is no delivery's fault
};

SendJob::SendJob(Settings settings, SenderProfile profile)
    : settings_(settings), profile_(std::move(profile)) {}

Task<void> SendJob::run(Context& context) {
    co_await settle_abandoned(context);
    if (!token_)
        token_ = co_await context.db.run(leases::new_token);
    Pass pass(context, *std::exchange(token_, std::nullopt));
    LeaseKeeper keeper(context, store::kDeliveryLeases, pass.token);
    co_await keeper.during(send_all(context, pass, keeper.work_stop()));
    // The next pass can then begin with its claim.
    token_ = co_await context.db.run(leases::new_token);
}

Task<void> SendJob::settle_abandoned(Context& context) {
    // Not with each pass: deliveries of dead daemons have waited for the end of a lease already.
    if (context.clock.now() < settle_at_)
        co_return;
    const bool resend = settings_.on_in_doubt == OnInDoubt::resend;
    const auto deliveries = co_await context.db.run(store::settle_abandoned, resend);
    settle_at_ = context.clock.now() + every() / 2;
    for (const auto& delivery : deliveries)
        if (resend)
            log::about()
                .request(delivery.request_id)
                .warn(
                    "payment request {}: in doubt: a daemon ended before the mail server confirmed "
                    "the message; it is sent again (on_in_doubt: resend)",
                    delivery.request_id);
        else
            log::event(log::kMailInDoubt)
                .request(delivery.request_id)
                .error(
                    "payment request {}: in doubt: a daemon ended before the mail server "
                    "confirmed the message; settle it with 'paysyncctl mail resolve {} --sent' if "
                    "the message arrived, else with '--resend'",
                    delivery.request_id, delivery.delivery_id);
}

Task<void> SendJob::send_all(Context& context, Pass& pass, std::stop_token stop) {
    TaskGroup sending(context.loop);
    std::exception_ptr error;
    try {
        co_await claim_and_send(context, pass, sending, stop);
    } catch (...) {
        error = std::current_exception();
    }
    co_await sending.join();
    if (error)
        std::rethrow_exception(error);
}

Task<void> SendJob::claim_and_send(Context& context, Pass& pass, TaskGroup& sending,
                                   std::stop_token stop) {
    const auto lease_seconds = std::chrono::duration<double>(context.leases.duration).count();
    const int refill = std::max(1, settings_.concurrency / 4);
    while (!stop.stop_requested() && !pass.over) {
        co_await sending.wait_below(settings_.concurrency - refill + 1);
        const auto paused = context.mail.paused_accounts();
        auto claim = co_await context.db.run(store::claim_due, pass.token,
                                             settings_.concurrency - pass.under_way, last_company_,
                                             paused, lease_seconds, context.daemon_id);
        last_company_ = claim.last_company;
        for (auto& delivery : claim.deliveries)
            sending.spawn(send_one(context, pass, std::move(delivery), stop));
        if (!claim.deliveries.empty() || claim.more)
            continue;
        if (pass.under_way == 0)
            break;
        co_await pass.idle.wait(context.clock, kAskAgain, stop);
    }
}

Task<void> SendJob::send_one(Context& context, Pass& pass, Delivery delivery,
                             std::stop_token stop) {
    ++pass.under_way;
    std::string problem;
    std::exception_ptr ours;
    try {
        Dispatch dispatch(context, settings_, profile_, pass.writes, delivery, stop);
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
            .error("payment request {}: unexpected error: {}; next attempt in {:.0f} s",
                   delivery.request.request_id, problem, kRetryAfterError);
        co_await context.db.run(store::postpone, delivery.delivery_id, delivery.token,
                                kRetryAfterError, std::string("internal_error"), problem);
    }
    if (--pass.under_way == 0)
        pass.idle.notify();
    if (ours) {
        pass.over = true;
        std::rethrow_exception(ours);
    }
}

}  // namespace paysync::payment_requests
