// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/pages_store.hpp"

#include "jobs/reconciliation/charges_store.hpp"
#include "jobs/reconciliation/quarantine_store.hpp"
#include "jobs/row.hpp"
#include "jobs/stripe/checkout_session.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <optional>

namespace paysync::reconciliation::store {

namespace {

using stripe::Charge;

/// Stripe's test and live objects never meet in one account's rows.
template <bool live>
Charge read_charge_of_mode(const stripe::Object& object) {
    auto charge = stripe::read_charge(object);
    if (charge.livemode != live)
        throw stripe::FieldError("livemode", kWrongMode);
    return charge;
}

using Reader = Charge (*)(const stripe::Object&);

Reader reader_of_mode(bool live) {
    return live ? &read_charge_of_mode<true> : &read_charge_of_mode<false>;
}

std::vector<std::string> ids_of(const std::vector<Charge>& charges) {
    std::vector<std::string> ids;
    for (const auto& charge : charges)
        ids.push_back(charge.id);
    return ids;
}

/// Everything that follows from these charges but the walk.
void store(pqxx::work& tx, const Read& read, const stripe::Page<Charge>& page, Stored& stored) {
    quarantine(tx, read, kCharges, page.rejected);
    release_from_quarantine(tx, read.account_id, kCharges, ids_of(page.items));
    const auto changed = save_charges(tx, read, page.items);
    stored.listed = static_cast<int>(page.items.size() + page.rejected.size());
    stored.written = static_cast<int>(changed.size());
    stored.rejected = static_cast<int>(page.rejected.size());
    if (changed.empty())
        return;
    std::vector<Claim> claims;
    for (const auto& charge : changed)
        if (const auto request_id = charge.request_id(); request_id && is_request_id(*request_id))
            claims.push_back({charge.id, *request_id});
    const auto ids = ids_of(changed);
    match(tx, read.account_id, claims, "metadata");
    add_history(tx, read, ids);
    stored.settled = settle(tx, read.account_id, ids);
}

/// After half its age, so that the step grows and never ends.
void check_later(pqxx::work& tx, const std::string& account_id, const std::string& charge_id) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.charge
           SET next_check_at = now() + least(interval '1 day', greatest(
                   interval '1 minute', (now() - created) / 2))
         WHERE account_id = $1 AND charge_id = $2 AND next_check_at <= now())sql",
                    account_id, charge_id);
}

}  // namespace

Stored store_page(pqxx::work& tx, Lease lease, Pace pace, std::string body,
                  std::string stripe_request_id) {
    const bool live = hold(tx, lease);
    const auto page = stripe::parse_page(body, reader_of_mode(live));
    // Without a cursor the same page would come again for ever.
    if (page.has_more && page.last_id.empty())
        throw stripe::FieldError("data", "has more pages behind it, but no object with an id");
    Stored stored;
    stored.has_more = page.has_more;
    stored.cursor = page.last_id;
    store(tx, Read{lease.account_id, "list", stripe_request_id}, page, stored);
    std::optional<std::int64_t> newest;
    for (const auto& charge : page.items)
        newest = std::max(newest.value_or(charge.created), charge.created);
    if (page.has_more)
        advance_walk(tx, lease, page.last_id, newest);
    else
        finish_walk(tx, lease, pace, newest);
    return stored;
}

Stored store_charge(pqxx::work& tx, Lease lease, std::string charge_id, std::string body,
                    std::string stripe_request_id) {
    const Reader reader = reader_of_mode(hold(tx, lease));
    stripe::Page<Charge> page;
    const stripe::Document document(body);
    try {
        page.items.push_back(reader(document.root()));
        if (page.items.front().id != charge_id)
            throw stripe::FieldError("id", "is not the one that was asked for");
    } catch (const stripe::FieldError& error) {
        page.items.clear();
        page.rejected.push_back({charge_id, body, error.what()});
    }
    Stored stored;
    store(tx, Read{lease.account_id, "object", stripe_request_id}, page, stored);
    if (stored.written == 0)
        check_later(tx, lease.account_id, charge_id);
    return stored;
}

void charge_vanished(pqxx::work& tx, Lease lease, std::string charge_id,
                     std::string stripe_request_id) {
    hold(tx, lease);
    tx.exec_params0(R"sql(
        INSERT INTO pay_private.discrepancy (kind, account_id, subject, evidence)
        VALUES ('charge_vanished', $1, $2, jsonb_build_object(
                    'charge_id', $2::text, 'stripe_request_id', $3::text, 'seen_at', now()))
        ON CONFLICT (kind, account_id, subject) WHERE state = 'open' DO NOTHING)sql",
                    lease.account_id, charge_id, stripe_request_id);
    check_later(tx, lease.account_id, charge_id);
}

std::vector<std::string> charges_to_check(pqxx::work& tx, std::string account_id, int limit) {
    const auto rows = tx.exec_params(R"sql(
        SELECT charge_id FROM pay_private.charge
         WHERE account_id = $1 AND next_check_at <= now() ORDER BY next_check_at LIMIT $2)sql",
                                     account_id, limit);
    std::vector<std::string> ids;
    for (const auto& row : rows)
        ids.push_back(text(row[0]));
    return ids;
}

std::vector<Untied> untied_charges(pqxx::work& tx, std::string account_id, int limit) {
    // A minute of grace, because our clock stamps the links and Stripe's the charges.
    const auto rows = tx.exec_params(R"sql(
        SELECT c.charge_id, c.payment_intent_id FROM pay_private.charge c
         WHERE c.account_id = $1 AND c.matched_by IS NULL AND c.payment_intent_id IS NOT NULL
           AND c.status = 'succeeded' AND c.captured
           AND c.created >= (SELECT min(l.created_at) - interval '1 minute'
                               FROM pay_private.payment_link l
                              WHERE l.account_id = $1 AND l.active)
         ORDER BY c.created LIMIT $2)sql",
                                     account_id, limit);
    std::vector<Untied> untied;
    for (const auto& row : rows)
        untied.push_back(Untied{text(row[0]), text(row[1])});
    return untied;
}

Stored store_sessions(pqxx::work& tx, Lease lease, std::string charge_id, std::string body) {
    hold(tx, lease);
    std::vector<std::string> links;
    for (const auto& session : stripe::parse_checkout_sessions(body).items)
        if (session.payment_link)
            links.push_back(*session.payment_link);
    std::vector<Claim> claims;
    const auto rows = tx.exec_params(R"sql(
        SELECT request_id FROM pay_private.payment_link
         WHERE account_id = $1 AND link_id = ANY ($2::text[]))sql",
                                     lease.account_id, text_array(links));
    for (const auto& row : rows)
        claims.push_back({charge_id, text(row[0])});
    if (claims.size() > 1)
        claims.resize(1);
    match(tx, lease.account_id, claims, "session");
    tx.exec_params0(R"sql(
        UPDATE pay_private.charge SET matched_by = 'none'
         WHERE account_id = $1 AND charge_id = $2 AND matched_by IS NULL)sql",
                    lease.account_id, charge_id);
    Stored stored;
    stored.settled = settle(tx, lease.account_id, {charge_id});
    return stored;
}

}  // namespace paysync::reconciliation::store
