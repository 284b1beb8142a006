// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/link_ending.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/clock.hpp"
#include "jobs/stripe/call_store.hpp"
#include "jobs/stripe/charge.hpp"
#include "jobs/stripe/checkout_session.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/form.hpp"
#include "jobs/stripe/json.hpp"
#include "jobs/stripe/paged_list.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace paysync::payment_requests {

namespace {

constexpr const char* kSessionsPath = "/v1/checkout/sessions";
constexpr int kRoundsOfSessions = 100;  // of 100 sessions each

/// Part of a key that no other try has.
std::string now_in_milliseconds(Context& context) {
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        context.clock.wall().time_since_epoch());
    return std::to_string(now.count());
}

/// Whether the payment intent of a complete session brought money, or may bring it: its newest
/// charge has not failed.
Task<store::LinkUse> look_at_payment(Context& context, std::string payment_intent,
                                     std::string account_id, std::stop_token stop) {
    store::LinkUse use;
    stripe::Form filter;
    filter.add("payment_intent", payment_intent);
    filter.add("limit", 1);
    const auto reply = co_await context.stripe.get(stripe::query("/v1/charges", filter), account_id,
                                                   stripe::Priority::interactive, stop);
    const auto page = stripe::parse_page(reply.body, &stripe::read_charge);
    // None: the list is behind, or the charge has a form that we do not know.
    use.used = page.items.empty() || page.items.front().status != "failed";
    if (use.used && !page.items.empty())
        use.charge_id = page.items.front().id;
    co_return use;
}

/// A payer could still submit the page of an open session. Returns false if it does not expire: the
/// payer was faster, or the key lacks the right.
Task<bool> expire_session(Context& context, std::string session_id, std::string account_id,
                          std::stop_token stop) {
    const auto path = std::string(kSessionsPath) + "/" + session_id + "/expire";
    const auto key =
        "paysync:" + session_id.substr(0, 100) + ":expire:" + now_in_milliseconds(context);
    std::optional<stripe::Error> error;
    const auto call =
        co_await context.db.run(stripe::begin_call, key, account_id, path, std::string(),
                                std::string("session_expire"), session_id);
    try {
        const auto reply = co_await context.stripe.post(
            call.path, call.account, call.key, call.body, stripe::Priority::interactive, stop);
        co_await context.db.run(stripe::finish_call, call.key, reply.status, session_id,
                                reply.request_id);
        co_return true;
    } catch (const stripe::Error& e) {
        error = e;
    }
    using Kind = stripe::Error::Kind;
    if (error->kind() != Kind::bad_request && error->kind() != Kind::permission)
        throw stripe::Error(*error);
    co_await context.db.run(stripe::finish_call, call.key, error->status(), std::string(),
                            error->request_id());
    if (error->kind() == Kind::bad_request) {
        // Somebody else, or time, may have been faster.
        const auto seen =
            co_await context.stripe.get(std::string(kSessionsPath) + "/" + session_id, account_id,
                                        stripe::Priority::interactive, stop);
        if (stripe::parse_checkout_session(seen.body).status == "expired")
            co_return true;
    }
    log::about()
        .account(account_id)
        .warn(
            "checkout session {}: not expired: {}; it can be paid until Stripe expires it, within "
            "a day",
            session_id, error->what());
    co_return false;
}

Task<store::LinkUse> ask_sessions(Context& context, store::OldLink link, std::stop_token stop) {
    store::LinkUse use;
    use.link_id = link.link_id;
    stripe::PagedList::Query query;
    query.path = kSessionsPath;
    query.account = link.account_id;
    query.filter.add("payment_link", link.link_id);
    stripe::PagedList list(context.stripe, query, stripe::Priority::interactive, stop);
    while (const auto fetched = co_await list.next()) {
        const auto page = stripe::parse_checkout_sessions(fetched->reply.body);
        if (!page.rejected.empty())
            use.used = true;
        for (const auto& session : page.items) {
            if (session.status == "expired")
                continue;
            if (session.status == "open") {
                if (!co_await expire_session(context, session.id, link.account_id, stop))
                    use.used = true;
            } else if (session.payment_intent) {
                const auto paid = co_await look_at_payment(context, *session.payment_intent,
                                                           link.account_id, stop);
                use.used = use.used || paid.used;
                // The list begins with the newest.
                if (use.charge_id.empty())
                    use.charge_id = paid.charge_id;
            } else {
                use.used = true;
            }
        }
    }
    co_return use;
}

/// Switches the link off and reads it again: the reply to the POST may repeat an older one.
Task<void> turn_off(Context& context, std::string link_id, std::string account_id,
                    std::stop_token stop) {
    const auto path = "/v1/payment_links/" + link_id;
    stripe::Form form;
    form.add("active", false);
    // A key for each try: under the same one Stripe would repeat an earlier failure, and to
    // deactivate twice does no harm.
    const auto key = "paysync:" + link_id + ":deactivate:" + now_in_milliseconds(context);
    const auto call =
        co_await context.db.run(stripe::begin_call, key, account_id, path, form.encoded(),
                                std::string("payment_link_deactivate"), link_id);
    const auto reply = co_await context.stripe.post(call.path, call.account, call.key, call.body,
                                                    stripe::Priority::interactive, stop);
    co_await context.db.run(stripe::finish_call, call.key, reply.status, link_id, reply.request_id);
    const auto seen =
        co_await context.stripe.get(path, account_id, stripe::Priority::interactive, stop);
    if (stripe::parse_payment_link(seen.body).active)
        throw LinkStillActive();
}

/// A page that a payer has open outlives its link by up to a day. The list is asked anew instead of
/// continued, because its cursor would be a session that is not open any more.
Task<void> expire_open_sessions(Context& context, std::string link_id, std::string account_id,
                                std::stop_token stop) {
    stripe::PagedList::Query query;
    query.path = kSessionsPath;
    query.account = account_id;
    query.filter.add("payment_link", link_id);
    query.filter.add("status", "open");
    for (int round = 0; round < kRoundsOfSessions; ++round) {
        stripe::PagedList list(context.stripe, query, stripe::Priority::interactive, stop);
        const auto first = co_await list.next();
        bool expired = false;
        for (const auto& session : stripe::parse_checkout_sessions(first->reply.body).items)
            if (session.status == "open" &&
                co_await expire_session(context, session.id, account_id, stop))
                expired = true;
        if (!expired || !first->outline.has_more)
            break;
    }
}

}  // namespace

Task<void> switch_link_off(Context& context, std::string link_id, std::string account_id,
                           std::stop_token stop) {
    co_await turn_off(context, link_id, account_id, stop);
    co_await expire_open_sessions(context, link_id, account_id, stop);
    co_await context.db.run(store::record_link_inactive, link_id);
}

Task<bool> end_link(Context& context, store::OldLink link, std::stop_token stop) {
    if (link.unlimited) {
        co_await switch_link_off(context, link.link_id, link.account_id, stop);
        co_return false;
    }
    if (link.active)
        co_await turn_off(context, link.link_id, link.account_id, stop);
    // A payment that is known is not asked for again: reconciliation reads it.
    std::optional<store::LinkUse> use;
    if (link.charge_id.empty())
        use = co_await ask_sessions(context, link, stop);
    if (link.active)
        co_await context.db.run(store::record_link_inactive, link.link_id);
    bool waits = true;
    if (use)
        waits = co_await context.db.run(store::record_link_use, *use);
    if (waits)
        co_await context.db.run(store::make_streams_due, link.account_id);
    co_return waits;
}

Task<bool> settle_link(Context& context, LinkTools& tools, store::OldLink link,
                       std::stop_token stop) {
    std::optional<stripe::Error> error;
    try {
        co_return co_await end_link(context, link, stop);
    } catch (const stripe::Error& e) {
        error = e;
    } catch (const stripe::FieldError& e) {
        stripe::Error::Details details;
        details.message = e.what();
        error.emplace(stripe::Error::Kind::server, 0, details);
    } catch (const LinkStillActive& e) {
        stripe::Error::Details details;
        details.message = e.what();
        error.emplace(stripe::Error::Kind::server, 0, details);
    }
    if (error->account_lost() &&
        co_await context.db.run(store::record_link_unreachable, link.link_id)) {
        log::about()
            .account(link.account_id)
            .error(
                "payment link {}: cannot be switched off: its account is not connected any more; "
                "its owner can do so in Stripe's dashboard",
                link.link_id);
        co_return false;
    }
    if (error->kind() == stripe::Error::Kind::not_found && link.active)
        co_await context.db.run(store::record_link_missing, link.link_id);
    const auto* refusal = co_await judge_refusal(context, tools.key, *error, LinkCall::look, stop);
    throw LinkRefused(*refusal, *error, 0);
}

}  // namespace paysync::payment_requests
