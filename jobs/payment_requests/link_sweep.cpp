// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/link_sweep.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "jobs/accounts/suspicion_store.hpp"
#include "jobs/payment_requests/link_sweep_store.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/json.hpp"
#include "jobs/stripe/paged_list.hpp"

#include <optional>
#include <string>
#include <utility>

namespace paysync::payment_requests {

namespace {

store::SweptPage page_of(const std::string& body, const std::string& account_id,
                         const std::string& cursor) {
    const auto page = stripe::parse_payment_links(body);
    store::SweptPage swept;
    swept.account_id = account_id;
    swept.cursor = cursor;
    swept.last = !page.has_more;
    for (const auto& link : page.items)
        if (link.active)
            swept.links.push_back(store::SweptLink{
                link.id, link.request_id().value_or(""), link.url,
                link.session_limit && link.completed_sessions >= *link.session_limit});
    return swept;
}

Task<void> read_page(Context& context, store::SweepTurn turn) {
    stripe::PagedList::Query query;
    query.path = "/v1/payment_links";
    query.account = turn.account_id;
    query.filter.add("active", true);
    stripe::PagedList list(context.stripe, query, stripe::Priority::background, context.stop);
    if (!turn.cursor.empty())
        list.continue_after(turn.cursor);
    const auto fetched = co_await list.next();
    auto page = page_of(fetched->reply.body, turn.account_id, list.cursor());
    const int found = co_await context.db.run(store::record_swept_page, std::move(page));
    if (found > 0)
        log::about()
            .account(turn.account_id)
            .warn("account {}: {} live payment links of ours were not known; they are switched off",
                  turn.account_id, found);
    context.report.did(found);
}

}  // namespace

Task<bool> sweep_one_page(Context& context, LinkTools& tools) {
    const auto turn = co_await context.db.run(store::claim_sweep_turn);
    if (!turn)
        co_return false;
    std::optional<stripe::Error> error;
    std::string problem;
    try {
        co_await read_page(context, *turn);
    } catch (const stripe::Error& e) {
        error = e;
        problem = e.what();
    } catch (const stripe::FieldError& e) {
        problem = e.what();
    }
    if (problem.empty())
        co_return true;
    if (error && !turn->cursor.empty() && error->kind() == stripe::Error::Kind::bad_request) {
        co_await context.db.run(store::restart_sweep, turn->account_id);
        co_return true;
    }
    log::about()
        .account(turn->account_id)
        .warn("account {}: its payment links were not read: {}; next attempt in 5 min",
              turn->account_id, problem);
    if (!error)
        co_return true;
    const auto* refusal =
        co_await judge_refusal(context, tools.key, *error, LinkCall::look, context.stop);
    if (refusal->retry == LinkRetry::with_pass)
        throw stripe::Error(*error);
    if (refusal->suspects)
        co_await context.db.run(onboarding::store::suspect_account, turn->account_id,
                                std::string("its payment links could not be read"));
    co_return true;
}

}  // namespace paysync::payment_requests
