// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/link.hpp"

#include "jobs/stripe/call_store.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/form.hpp"
#include "jobs/stripe/paged_list.hpp"

namespace paysync::payment_requests {

namespace {

constexpr const char* kLinksPath = "/v1/payment_links";

/// Searches all links of the account for the request's: Stripe has no filter for metadata.
Task<std::optional<stripe::PaymentLink>> find_link(Context& context, Request request,
                                                   std::stop_token stop) {
    stripe::PagedList::Query query;
    query.path = kLinksPath;
    query.account = request.account_id;
    stripe::PagedList list(context.stripe, query, stripe::Priority::interactive, stop);
    while (const auto fetched = co_await list.next()) {
        const auto page = stripe::parse_payment_links(fetched->reply.body);
        for (const auto& link : page.items)
            if (link.active && link.request_id() == request.request_id)
                co_return link;
    }
    co_return std::nullopt;
}

}  // namespace

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
    if (!request.multi_party)
        form.add("restrictions[completed_sessions][limit]", 1);
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

Task<store::NewLink> obtain_link(Context& context, BeginCall& begin_call, Request request,
                                 std::stop_token stop) {
    // A request whose link was deactivated, or whose company changed its account, gets another
    // link: under the old key Stripe would return the old one for a day.
    stripe::NewCall wanted;
    wanted.key = "paysync:" + request.request_id +
                 ":link:" + std::to_string(request.links_made + 1) + ":" + request.account_id;
    wanted.account = request.account_id;
    wanted.path = kLinksPath;
    wanted.body = link_form(request);
    wanted.purpose = "payment_link";
    wanted.subject = request.request_id;
    const auto call = co_await begin_call.run(wanted);
    std::optional<stripe::PaymentLink> link;
    store::NewLink made;
    made.request_id = request.request_id;
    made.account_id = request.account_id;
    made.amount = request.amount_due;
    made.call.key = call.key;
    made.call.status = 200;
    if (call.age_seconds > stripe::kKeyLifeSeconds)
        link = co_await find_link(context, request, stop);
    if (!link) {
        const auto reply = co_await context.stripe.post(
            call.path, call.account, call.key, call.body, stripe::Priority::interactive, stop);
        link = stripe::parse_payment_link(reply.body);
        made.call.status = reply.status;
        made.call.request_id = reply.request_id;
    }
    made.link_id = link->id;
    made.url = link->url;
    made.livemode = link->livemode;
    made.call.object_id = link->id;
    co_return made;
}

Task<stripe::PaymentLink> read_link(Context& context, Request request, std::stop_token stop) {
    const auto path = std::string(kLinksPath) + "/" + request.link_id;
    const auto reply =
        co_await context.stripe.get(path, request.account_id, stripe::Priority::interactive, stop);
    co_return stripe::parse_payment_link(reply.body);
}

}  // namespace paysync::payment_requests
