// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/link.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/crash_point.hpp"
#include "jobs/payment_requests/link_ending.hpp"
#include "jobs/stripe/call_store.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/form.hpp"
#include "jobs/stripe/json.hpp"
#include "jobs/stripe/paged_list.hpp"

#include <charconv>
#include <utility>

namespace paysync::payment_requests {

namespace {

constexpr const char* kLinksPath = "/v1/payment_links";

/// Old links are settled, calls that came to nothing are repeated with a new key: each at most a
/// few times, then the request waits for its next try.
constexpr int kRounds = 4;

/// An answer that is no payment link says as little as none: Stripe may have acted.
stripe::Error unreadable(const std::string& problem) {
    stripe::Error::Details details;
    details.message = problem;
    return stripe::Error(stripe::Error::Kind::server, 0, std::move(details));
}

store::NewLink made_by(const stripe::StoredCall& call, const std::string& request_id) {
    store::NewLink made;
    made.request_id = request_id;
    made.account_id = call.account;
    made.amount = amount_in(call.body);
    made.call.key = call.key;
    made.call.status = 200;
    return made;
}

void show(store::NewLink& made, const stripe::PaymentLink& link) {
    made.link_id = link.id;
    made.url = link.url;
    made.livemode = link.livemode;
    made.call.object_id = link.id;
}

/// Searches the account's links, newest first, for one of the request that is not known yet. Stripe
/// has no filter for metadata and says no time, so the search ends at links that are known to be
/// older than the call.
Task<std::optional<stripe::PaymentLink>> find_link(Context& context, stripe::StoredCall call,
                                                   std::string request_id, std::stop_token stop) {
    stripe::PagedList::Query query;
    query.path = kLinksPath;
    query.account = call.account;
    stripe::PagedList list(context.stripe, query, stripe::Priority::interactive, stop);
    while (const auto fetched = co_await list.next()) {
        const auto page = stripe::parse_payment_links(fetched->reply.body);
        std::vector<store::ListedLink> listed;
        for (const auto& link : page.items)
            if (link.active)
                listed.push_back(store::ListedLink{link.id, link.request_id().value_or("")});
        const auto found =
            co_await context.db.run(store::look_up_link, call.key, request_id, std::move(listed));
        for (const auto& link : page.items)
            if (link.id == found.link_id)
                co_return link;
        if (found.passed)
            break;
    }
    co_return std::nullopt;
}

Task<std::optional<store::NewLink>> look_up(Context& context, LinkTools& tools,
                                            stripe::StoredCall call, std::string request_id,
                                            int status, std::stop_token stop) {
    std::optional<stripe::PaymentLink> link;
    std::optional<stripe::Error> error;
    try {
        link = co_await find_link(context, call, request_id, stop);
    } catch (const stripe::Error& e) {
        error = e;
    } catch (const stripe::FieldError& e) {
        error = unreadable(e.what());
    }
    if (error) {
        const auto* refusal =
            co_await judge_refusal(context, tools.key, *error, LinkCall::look, stop);
        throw LinkRefused(*refusal, *error, 0);
    }
    if (!link) {
        co_await context.db.run(stripe::finish_call, call.key, status, std::string(),
                                std::string());
        co_return std::nullopt;
    }
    auto made = made_by(call, request_id);
    show(made, *link);
    log::about()
        .request(request_id)
        .account(call.account)
        .info("payment request {}: link {} was found at Stripe by its metadata", request_id,
              link->id);
    co_return made;
}

}  // namespace

LinkRefused::LinkRefused(const LinkRefusal& refusal, const stripe::Error& error, int refusals)
    : std::runtime_error(error.what()), refusal_(&refusal), error_(error), refusals_(refusals) {}

std::string LinkRefused::words() const {
    const std::string said =
        error_.message().empty() ? std::string(name(error_.kind())) : error_.message();
    switch (refusal_->concern) {
        case Concern::stripe:
            return "Stripe cannot be reached: " + said;
        case Concern::key:
            return "Stripe refuses the platform's key: " + said;
        case Concern::account:
            return "Stripe refuses the account: " + said;
        case Concern::body:
        case Concern::link:
            break;
    }
    return "Stripe refuses the payment link: " + said;
}

std::string link_form(const Request& request) {
    stripe::Form form;
    form.add("line_items[0][quantity]", 1);
    form.add("line_items[0][price_data][currency]", request.currency);
    form.add("line_items[0][price_data][unit_amount]", request.amount_due);
    form.add("line_items[0][price_data][product_data][name]", request.description);
    for (std::size_t i = 0; i < request.payment_methods.size(); ++i)
        form.add("payment_method_types[" + std::to_string(i) + "]", request.payment_methods[i]);
    if (request.application_fee > 0)
        form.add("application_fee_amount", request.application_fee);
    if (const int places = request.multi_party ? request.places : 1; places > 0)
        form.add("restrictions[completed_sessions][limit]", places);
    form.add("metadata[request_id]", request.request_id);
    form.add("payment_intent_data[metadata][request_id]", request.request_id);
    for (const auto& [name, value] : request.metadata) {
        form.add("metadata[" + name + "]", value);
        form.add("payment_intent_data[metadata][" + name + "]", value);
    }
    form.add("payment_intent_data[description]", request.description);
    form.add("inactive_message", "This payment request is closed.");
    return form.encoded();
}

std::int64_t amount_in(const std::string& form) {
    stripe::Form wanted;
    wanted.add("line_items[0][price_data][unit_amount]", "");
    const auto found = form.find(wanted.encoded());
    std::int64_t amount = 0;
    if (found != std::string::npos)
        std::from_chars(form.data() + found + wanted.encoded().size(), form.data() + form.size(),
                        amount);
    return amount;
}

Task<std::optional<store::NewLink>> send_link_call(Context& context, LinkTools& tools,
                                                   stripe::StoredCall call, std::string request_id,
                                                   int refusals, std::stop_token stop) {
    if (call.age_seconds > stripe::kKeyLifeSeconds)
        co_return co_await look_up(context, tools, call, request_id, 0, stop);
    std::optional<stripe::Error> error;
    auto made = made_by(call, request_id);
    try {
        const auto reply = co_await context.stripe.post(
            call.path, call.account, call.key, call.body, stripe::Priority::interactive, stop);
        crash_point("after-link-post");
        show(made, stripe::parse_payment_link(reply.body));
        made.call.status = reply.status;
        made.call.request_id = reply.request_id;
    } catch (const stripe::Error& e) {
        error = e;
    } catch (const stripe::FieldError& e) {
        error = unreadable(e.what());
    }
    if (!error)
        co_return made;
    const auto* refusal = co_await judge_refusal(context, tools.key, *error, LinkCall::make, stop);
    auto effect = refusal->effect;
    if (effect == CallEffect::keep && error->replayed())
        effect = CallEffect::look_up;
    if (effect == CallEffect::look_up)
        co_return co_await look_up(context, tools, call, request_id, error->status(), stop);
    if (effect == CallEffect::end)
        co_await context.db.run(stripe::finish_call, call.key, error->status(), std::string(),
                                error->request_id());
    throw LinkRefused(*refusal, *error, refusals + 1);
}

Task<ObtainedLink> obtain_link(Context& context, LinkTools& tools, Request request,
                               std::stop_token stop) {
    store::WantedLink wanted;
    wanted.request_id = request.request_id;
    wanted.account_id = request.account_id;
    wanted.path = kLinksPath;
    wanted.body = link_form(request);
    for (int round = 0; round < kRounds; ++round) {
        const auto start = co_await tools.begin.run(wanted);
        ObtainedLink link;
        link.link_id = start.link_id;
        link.url = start.url;
        if (!link.link_id.empty())
            co_return link;
        if (start.look_again)
            continue;
        if (start.old.empty() && !start.call)
            throw LinkWaits("The request does not want a payment link any more.");
        for (const auto& old : start.old)
            if (co_await settle_link(context, tools, old, stop))
                throw LinkWaits(
                    "Stripe says that somebody has paid, or is paying, by an earlier link.");
        if (!start.call)
            continue;
        auto made = co_await send_link_call(context, tools, *start.call, request.request_id,
                                            start.refusals, stop);
        if (!made)
            continue;
        link.link_id = made->link_id;
        link.url = made->url;
        if (made->amount == request.amount_due) {
            link.made = std::move(made);
            co_return link;
        }
        // A call from before a part payment; its link is recorded as unwanted.
        co_await context.db.run(store::record_replacement_link, *made);
    }
    throw LinkRefused(link_refusal(unreadable(""), LinkCall::make, false),
                      unreadable("no link after several tries"), 0);
}

Task<stripe::PaymentLink> read_link(Context& context, LinkTools& tools, std::string link_id,
                                    std::string account_id, std::stop_token stop) {
    std::optional<stripe::Error> error;
    const auto path = std::string(kLinksPath) + "/" + link_id;
    try {
        const auto reply =
            co_await context.stripe.get(path, account_id, stripe::Priority::interactive, stop);
        co_return stripe::parse_payment_link(reply.body);
    } catch (const stripe::Error& e) {
        error = e;
    } catch (const stripe::FieldError& e) {
        error = unreadable(e.what());
    }
    const auto* refusal = co_await judge_refusal(context, tools.key, *error, LinkCall::look, stop);
    throw LinkRefused(*refusal, *error, 0);
}

}  // namespace paysync::payment_requests
