// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/links_job.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "daemon/base/loop/wakeup.hpp"
#include "jobs/accounts/suspicion_store.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/frame/fair_places.hpp"
#include "jobs/frame/retry_until_stored.hpp"
#include "jobs/payment_requests/link_ending.hpp"
#include "jobs/payment_requests/link_sweep.hpp"
#include "jobs/payment_requests/link_sweep_store.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/json.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace paysync::payment_requests {

namespace {

constexpr int kExpireAtOnce = 500;
constexpr int kFollowUpAtOnce = 500;
constexpr int kCallsAtOnce = 4;
constexpr double kLinkRetrySeconds = 30;
constexpr std::chrono::minutes kAddSweepsEvery(10);

/// A pass that ends is a sign of life, however much is left for the next one.
constexpr std::chrono::minutes kLongestPass(5);

/// While links are under way and nothing else is due: how often the queue is asked again.
constexpr std::chrono::milliseconds kAskLinksAgain(100);

}  // namespace

/// State that the pieces of work of a pass share.
struct LinksJob::Pass {
    Pass(Context& context, int concurrency) : tools(context), places(context.clock, concurrency) {}

    LinkTools tools;
    FairPlaces places;
    int expired = 0;
    Wakeup one_ended;
    bool over = false;  ///< of an error that is no link's fault
};

Task<void> LinksJob::run(Context& context) {
    Pass pass(context, settings_.concurrency);
    TaskGroup working(context.loop);
    std::exception_ptr error;
    try {
        co_await work(context, pass, working);
    } catch (...) {
        error = std::current_exception();
    }
    co_await working.join();
    if (pass.expired > 0)
        spdlog::info("payment requests: {} expired unpaid", pass.expired);
    if (error)
        std::rethrow_exception(error);
}

Task<void> LinksJob::work(Context& context, Pass& pass, TaskGroup& working) {
    const int refill = std::max(1, settings_.concurrency / 4);
    const auto began = context.clock.now();
    while (!context.stop.stop_requested() && !pass.over &&
           context.clock.now() - began < kLongestPass) {
        bool busy = co_await expire_batch(context, pass);
        if (co_await context.db.run(store::do_follow_up, kFollowUpAtOnce))
            busy = true;
        if (pass.places.free() >= refill) {
            auto work =
                co_await context.db.run(store::claim_link_work, pass.places.free(), last_company_,
                                        pass.places.busy(), kLinkRetrySeconds);
            last_company_ = work.last_company;
            busy = busy || work.more || !work.empty();
            for (const auto& link : work.unwanted)
                working.spawn(one(context, pass, link.company, deactivate(context, pass, link)));
            for (const auto& link : work.doubtful)
                working.spawn(one(context, pass, link.company, check(context, pass, link)));
            for (const auto& request : work.missing)
                working.spawn(one(context, pass, request.company, make(context, pass, request)));
        }
        if (context.clock.now() >= background_at_) {
            background_at_ = context.clock.now() + settings_.every;
            auto calls = co_await context.db.run(store::claim_unfinished_calls, kCallsAtOnce);
            for (auto& call : calls)
                working.spawn(
                    one(context, pass, std::string(), finish_call(context, pass, std::move(call))));
            working.spawn(one(context, pass, std::string(), sweep(context, pass)));
        }
        if (busy && pass.places.free() > 0)
            continue;
        if (pass.places.taken() == 0)
            break;
        co_await pass.one_ended.wait(context.clock, kAskLinksAgain, context.stop);
    }
}

Task<bool> LinksJob::expire_batch(Context& context, Pass& pass) {
    const auto batch =
        co_await context.db.run(store::expire_requests, kExpireAtOnce, last_expired_company_);
    last_expired_company_ = batch.last_company;
    pass.expired += batch.expired;
    context.report.did(batch.expired);
    co_return batch.more;
}

/// An error that is no link's fault ends the pass; any other leaves the others alone.
Task<void> LinksJob::one(Context& context, Pass& pass, std::string company, Task<void> piece) {
    auto place = pass.places.take(std::move(company));
    std::exception_ptr error;
    try {
        co_await std::move(piece);
    } catch (const Cancelled&) {
        error = std::current_exception();
    } catch (const db::Unavailable&) {
        error = std::current_exception();
    } catch (const stripe::Error&) {
        error = std::current_exception();
    } catch (const std::exception& e) {
        context.report.failed(std::string("a payment link: ") + e.what());
        log::about().error("payment links: unexpected error: {}; next attempt later", e.what());
    }
    place.release();
    pass.one_ended.notify();
    if (error) {
        pass.over = true;
        std::rethrow_exception(error);
    }
}

/// What the table says about the account and the pass; the rest is the caller's.
Task<void> LinksJob::refused(Context& context, LinkRefused error, std::string account_id,
                             std::string cause) {
    if (error.refusal().retry == LinkRetry::with_pass)
        throw stripe::Error(error.error());
    if (error.refusal().suspects)
        co_await context.db.run(onboarding::store::suspect_account, account_id, cause);
}

Task<void> LinksJob::make(Context& context, Pass& pass, Request request) {
    std::optional<LinkRefused> refusal;
    std::string waits;
    try {
        const auto link = co_await obtain_link(context, pass.tools, request, context.stop);
        if (link.made) {
            co_await retry_until_stored(context, store::record_replacement_link, *link.made);
            context.report.did();
            log::about()
                .request(request.request_id)
                .account(request.account_id)
                .info("payment request {}: new payment link", request.request_id);
        }
        co_return;
    } catch (const LinkWaits& e) {
        waits = e.what();
    } catch (const LinkRefused& e) {
        refusal = e;
    }
    double pause = 2 * kLinkRetrySeconds;
    if (refusal) {
        co_await refused(context, *refusal, request.account_id, "a payment link was refused");
        waits = refusal->words();
        pause = refusal->pause();
        context.report.failed("a payment link could not be made");
    }
    co_await context.db.run(store::postpone_link, request.request_id, waits, pause);
    log::about()
        .request(request.request_id)
        .account(request.account_id)
        .warn("payment request {}: no payment link: {}; next attempt in {:.0f} s",
              request.request_id, waits, pause);
}

Task<void> LinksJob::check(Context& context, Pass& pass, store::DoubtfulLink link) {
    std::optional<LinkRefused> refusal;
    stripe::PaymentLink seen;
    try {
        seen = co_await read_link(context, pass.tools, link.link_id, link.account_id, context.stop);
    } catch (const LinkRefused& e) {
        refusal = e;
    }
    if (refusal) {
        co_await refused(context, *refusal, link.account_id, "a payment link could not be read");
        bool gone = false;
        if (refusal->error().kind() == stripe::Error::Kind::not_found)
            gone = co_await context.db.run(store::record_link_missing, link.link_id);
        context.report.failed("payment link " + link.link_id + " could not be read");
        log::about()
            .request(link.request_id)
            .account(link.account_id)
            .warn("payment link {}: not read: {}; {}", link.link_id, refusal->what(),
                  gone ? "it is gone, its request gets another one" : "next attempt later");
        co_return;
    }
    context.report.did();
    if (seen.session_limit && seen.completed_sessions >= *seen.session_limit) {
        co_await context.db.run(store::give_up_link, link.link_id, std::string("used"));
        co_await context.db.run(store::make_streams_due, link.account_id);
    } else if (!seen.active) {
        co_await context.db.run(store::record_link_lost, link.link_id);
        log::about()
            .request(link.request_id)
            .account(link.account_id)
            .warn(
                "payment request {}: link {} was deactivated at Stripe, not by paysync; it gets "
                "another link",
                link.request_id, link.link_id);
    } else {
        co_await context.db.run(store::record_link_sound, link.link_id);
    }
}

Task<void> LinksJob::deactivate(Context& context, Pass& pass, store::UnwantedLink link) {
    std::optional<stripe::Error> error;
    std::string problem;
    try {
        if (link.reason == "disconnected") {
            // The last moment to find out whether somebody has paid: nothing is read afterwards.
            store::OldLink last;
            last.link_id = link.link_id;
            last.account_id = link.account_id;
            last.active = true;
            last.unlimited = link.unlimited;
            co_await end_link(context, last, context.stop);
        } else {
            co_await switch_link_off(context, link.link_id, link.account_id, context.stop);
        }
    } catch (const stripe::Error& e) {
        error = e;
        problem = e.what();
    } catch (const stripe::FieldError& e) {
        problem = e.what();
    } catch (const LinkStillActive& e) {
        problem = e.what();
    }
    bool gone = false;
    if (error && error->kind() == stripe::Error::Kind::not_found)
        gone = co_await context.db.run(store::record_link_missing, link.link_id);
    if (problem.empty() || gone) {
        context.report.did();
        log::about()
            .account(link.account_id)
            .info("payment link {}: deactivated: {}", link.link_id, link.reason);
        co_return;
    }
    context.report.failed("payment link " + link.link_id + " is still active");
    log::about()
        .account(link.account_id)
        .warn("payment link {}: still active: {}; next attempt later", link.link_id, problem);
    if (!error)
        co_return;
    const auto* refusal =
        co_await judge_refusal(context, pass.tools.key, *error, LinkCall::look, context.stop);
    LinkRefused why(*refusal, *error, 0);
    co_await refused(context, why, link.account_id, "switching a payment link off was refused");
}

Task<void> LinksJob::finish_call(Context& context, Pass& pass, store::UnfinishedCall unfinished) {
    const auto& call = unfinished.call;
    std::optional<LinkRefused> refusal;
    try {
        const auto made = co_await send_link_call(context, pass.tools, call, unfinished.request_id,
                                                  0, context.stop);
        if (!made)
            co_return;
        const bool wanted =
            co_await retry_until_stored(context, store::record_replacement_link, *made);
        context.report.did();
        log::about()
            .request(unfinished.request_id)
            .account(call.account)
            .warn("payment request {}: link {} of an unfinished call was found; {}",
                  unfinished.request_id, made->link_id,
                  wanted ? "it is the request's link" : "it is switched off");
        co_return;
    } catch (const LinkRefused& e) {
        refusal = e;
    }
    context.report.failed("an unfinished call could not be finished");
    log::about()
        .request(unfinished.request_id)
        .account(call.account)
        .warn("payment request {}: an unfinished call for a link: {}; next attempt later",
              unfinished.request_id, refusal->what());
    co_await refused(context, *refusal, call.account, "a payment link was refused");
}

Task<void> LinksJob::sweep(Context& context, Pass& pass) {
    if (context.clock.now() >= add_sweeps_at_) {
        co_await context.db.run(store::add_link_sweeps);
        add_sweeps_at_ = context.clock.now() + kAddSweepsEvery;
    }
    (void)co_await sweep_one_page(context, pass.tools);
}

}  // namespace paysync::payment_requests
