// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/send_job.hpp"

#include "daemon/db/errors.hpp"
#include "daemon/loop/cancelled.hpp"
#include "daemon/loop/task_group.hpp"
#include "jobs/lease.hpp"
#include "jobs/payment_requests/deliveries_store.hpp"
#include "jobs/payment_requests/dispatch.hpp"
#include "jobs/stripe/error.hpp"

#include <spdlog/spdlog.h>

namespace paysync::payment_requests {

SendJob::SendJob(Settings settings, Sender sender)
    : settings_(std::move(settings)), sender_(std::move(sender)) {}

Task<void> SendJob::run(Context& context) {
    account_problem_.clear();
    co_await settle_abandoned(context);
    const auto lease_seconds = std::chrono::duration<double>(context.leases.duration).count();
    for (;;) {
        auto claim = co_await context.db.run(store::claim_due, settings_.batch, lease_seconds,
                                             context.daemon_id);
        if (claim.requests.empty())
            co_return;
        co_await work_off(context, std::move(claim));
        if (!account_problem_.empty())
            throw std::runtime_error("no mail can be sent now: " + account_problem_);
    }
}

Task<void> SendJob::settle_abandoned(Context& context) {
    const bool resend = settings_.on_in_doubt == OnInDoubt::resend;
    const auto requests = co_await context.db.run(store::settle_abandoned, resend);
    for (const auto& request : requests)
        if (resend)
            spdlog::warn(
                "payment request {}: a daemon ended while its mail was being taken; it is sent "
                "again (on_in_doubt: resend)",
                request);
        else
            spdlog::error(
                "payment request {}: a daemon ended while its mail was being taken, so it is in "
                "doubt; settle it with 'paysyncctl mail resolve {}'",
                request, request);
}

Task<void> SendJob::work_off(Context& context, store::Claim claim) {
    LeaseKeeper keeper(context, store::renew_leases, store::release_leases, claim.token);
    co_await keeper.during(work_all(context, claim, keeper.work_stop()));
}

Task<void> SendJob::work_all(Context& context, store::Claim claim, std::stop_token stop) {
    TaskGroup working(context.loop);
    for (const auto& request : claim.requests) {
        co_await working.wait_below(settings_.concurrency);
        if (stop.stop_requested())
            break;
        working.spawn(work_one(context, request, claim.token, stop));
    }
    co_await working.join();
}

Task<void> SendJob::work_one(Context& context, store::Request request, std::int64_t token,
                             std::stop_token stop) {
    // When the account is down, the rest of the claim would only knock at the same closed door.
    if (!account_problem_.empty()) {
        co_await context.db.run(store::postpone, request.request_id, token, 5.0,
                                std::string("mail_server_down"), account_problem_);
        co_return;
    }
    Dispatch dispatch(context, settings_, sender_, request, token, stop);
    std::string problem;
    try {
        co_await dispatch.run();
        if (!dispatch.account_problem().empty())
            account_problem_ = dispatch.account_problem();
    } catch (const Cancelled&) {
        throw;
    } catch (const db::Unavailable&) {
        throw;
    } catch (const stripe::Error&) {
        throw;
    } catch (const std::exception& e) {
        problem = e.what();
    }
    if (!problem.empty()) {
        spdlog::error("payment request {}: {}; tried again in 60 s", request.request_id, problem);
        co_await context.db.run(store::postpone, request.request_id, token, 60.0,
                                std::string("internal_error"), problem);
    }
}

}  // namespace paysync::payment_requests
