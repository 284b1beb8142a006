// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/links_job.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "jobs/accounts/suspicion_store.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/frame/retry_until_stored.hpp"
#include "jobs/stripe/call_store.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/form.hpp"
#include "jobs/stripe/payment_link.hpp"

#include <spdlog/spdlog.h>

#include <optional>
#include <stdexcept>

namespace paysync::payment_requests {

namespace {

constexpr int kLinksAtOnce = 100;
constexpr int kExpireAtOnce = 500;
constexpr double kLinkRetrySeconds = 30;

}  // namespace

Task<void> LinksJob::run(Context& context) {
    const int expired = co_await expire(context);
    context.report.did(expired);
    if (expired > 0)
        spdlog::info("payment requests: {} expired unpaid", expired);
    // Deactivated first, so that a request never has two active links.
    co_await deactivate_unwanted(context);
    co_await make_missing(context);
}

Task<int> LinksJob::expire(Context& context) {
    int all = 0;
    int expired = 0;
    do {
        expired = co_await context.db.run(store::expire_requests, kExpireAtOnce);
        all += expired;
    } while (expired == kExpireAtOnce && !context.stop.stop_requested());
    co_return all;
}

Task<void> LinksJob::deactivate_unwanted(Context& context) {
    for (;;) {
        const auto links =
            co_await context.db.run(store::claim_unwanted_links, kLinksAtOnce, kLinkRetrySeconds);
        if (links.empty())
            co_return;
        TaskGroup working(context.loop);
        for (const auto& link : links) {
            co_await working.wait_below(settings_.concurrency);
            working.spawn(deactivate(context, link));
        }
        co_await working.join();
    }
}

Task<void> LinksJob::make_missing(Context& context) {
    const auto requests = co_await context.db.run(store::claim_requests_without_link, kLinksAtOnce,
                                                  kLinkRetrySeconds);
    BeginCall begin_call(context.loop, context.db, stripe::begin_calls);
    TaskGroup working(context.loop);
    for (const auto& request : requests) {
        co_await working.wait_below(settings_.concurrency);
        working.spawn(make(context, begin_call, request));
    }
    co_await working.join();
}

Task<void> LinksJob::make(Context& context, BeginCall& begin_call, Request request) {
    bool lost = false;
    try {
        const auto link = co_await obtain_link(context, begin_call, request, context.stop);
        co_await retry_until_stored(context, store::record_replacement_link, link);
        context.report.did();
        log::about()
            .request(request.request_id)
            .account(request.account_id)
            .info("payment request {}: new payment link", request.request_id);
    } catch (const stripe::Error& e) {
        if (e.key_refused())
            throw;
        lost = e.account_lost();
        context.report.failed("a payment link could not be made");
        log::about()
            .request(request.request_id)
            .account(request.account_id)
            .warn("payment request {}: no payment link: {}; next attempt in {:.0f} s",
                  request.request_id, e.what(), kLinkRetrySeconds);
    }
    if (lost)
        co_await context.db.run(onboarding::store::suspect_account, request.account_id,
                                std::string("a payment link was refused"));
}

Task<void> LinksJob::deactivate(Context& context, store::UnwantedLink link) {
    bool lost = false;
    std::optional<std::string> problem;
    try {
        co_await deactivate_and_verify(context, link);
        context.report.did();
        log::about()
            .account(link.account_id)
            .info("payment link {}: deactivated: {}", link.link_id, link.reason);
    } catch (const stripe::Error& e) {
        if (e.key_refused())
            throw;
        lost = e.account_lost();
        problem = e.what();
    } catch (const db::Unavailable&) {
        throw;
    } catch (const std::runtime_error& e) {
        problem = e.what();
    }
    if (!problem)
        co_return;
    context.report.failed("payment link " + link.link_id + " is still active");
    log::about()
        .account(link.account_id)
        .warn("payment link {}: still active: {}; next attempt later", link.link_id, *problem);
    if (lost)
        co_await context.db.run(onboarding::store::suspect_account, link.account_id,
                                std::string("switching a payment link off was refused"));
}

Task<void> LinksJob::deactivate_and_verify(Context& context, store::UnwantedLink link) {
    const auto path = "/v1/payment_links/" + link.link_id;
    stripe::Form form;
    form.add("active", false);
    // A key for each try: under the same one Stripe would repeat an earlier failure, and to
    // deactivate twice does no harm.
    const auto key = "paysync:" + link.link_id + ":deactivate:" + std::to_string(link.attempt);
    const auto call =
        co_await context.db.run(stripe::begin_call, key, link.account_id, path, form.encoded(),
                                std::string("payment_link_deactivate"), link.link_id);
    const auto reply = co_await context.stripe.post(call.path, call.account, call.key, call.body,
                                                    stripe::Priority::interactive, context.stop);
    co_await context.db.run(stripe::finish_call, call.key, reply.status, link.link_id,
                            reply.request_id);
    // The reply to the POST may repeat an older one; only a fresh read proves the link inactive.
    const auto seen = co_await context.stripe.get(path, link.account_id,
                                                  stripe::Priority::interactive, context.stop);
    if (stripe::parse_payment_link(seen.body).active)
        throw std::runtime_error("Stripe still shows the link as active");
    co_await context.db.run(store::record_link_inactive, link.link_id);
}

}  // namespace paysync::payment_requests
