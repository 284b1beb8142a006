// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/pages_store.hpp"

#include "daemon/base/db/row.hpp"
#include "jobs/reconciliation/charges_store.hpp"
#include "jobs/reconciliation/fees_store.hpp"
#include "jobs/reconciliation/kinds.hpp"
#include "jobs/reconciliation/ledger_store.hpp"
#include "jobs/reconciliation/payouts_store.hpp"
#include "jobs/reconciliation/quarantine_store.hpp"
#include "jobs/reconciliation/refunds_store.hpp"
#include "jobs/reconciliation/rereads_store.hpp"

#include <fmt/format.h>
#include <pqxx/pqxx>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace paysync::reconciliation::store {

namespace {

using stripe::ApplicationFee;
using stripe::BalanceTransaction;
using stripe::Charge;
using stripe::Dispute;
using stripe::Payout;
using stripe::Refund;

/// Stripe's test and live objects never meet in one account's rows.
template <typename T, T (*read)(const stripe::Object&), bool live>
T of_mode(const stripe::Object& object) {
    auto item = read(object);
    if (item.livemode != live)
        throw stripe::FieldError("livemode", kWrongMode);
    return item;
}

template <typename T, T (*read)(const stripe::Object&)>
auto reader_of_mode(bool live) {
    return live ? &of_mode<T, read, true> : &of_mode<T, read, false>;
}

/// Calls `use` with the reader of the stream's objects.
template <typename Use>
Stored with_reader(const std::string& stream, bool live, Use use) {
    if (stream == kApplicationFees)
        return use(&stripe::read_application_fee);
    if (stream == kRefunds)
        return use(&stripe::read_refund);
    if (stream == kDisputes)
        return use(reader_of_mode<Dispute, &stripe::read_dispute>(live));
    if (stream == kLedger)
        return use(&stripe::read_balance_transaction);
    if (stream == kPayouts)
        return use(reader_of_mode<Payout, &stripe::read_payout>(live));
    return use(reader_of_mode<Charge, &stripe::read_charge>(live));
}

template <typename T>
std::vector<std::string> ids_of(const std::vector<T>& items) {
    std::vector<std::string> ids;
    for (const auto& item : items)
        ids.push_back(item.id);
    return ids;
}

/// Objects of one or several answers.
template <typename T>
struct Batch {
    std::vector<Sighting<T>> items;
    std::vector<Sighting<stripe::Rejected>> rejected;

    void add(stripe::Page<T> page, const Answer& answer) {
        for (auto& item : page.items)
            items.push_back({std::move(item), &answer});
        for (auto& object : page.rejected)
            rejected.push_back({std::move(object), &answer});
    }
    std::vector<std::string> ids() const {
        std::vector<std::string> found;
        for (const auto& seen : items)
            found.push_back(seen.object.id);
        return found;
    }
};

int count(const std::vector<std::string>& ids) {
    return static_cast<int>(ids.size());
}

void keep(pqxx::work& tx, const Read& read, const std::vector<Sighting<Charge>>& charges,
          Stored& stored) {
    const auto changed = save_charges(tx, read, charges);
    stored.written = static_cast<int>(changed.size());
    if (changed.empty())
        return;
    std::vector<Claim> claims;
    std::vector<std::string> fees;
    for (const auto& charge : changed) {
        if (charge.application_fee && charge.amount_refunded > 0)
            fees.push_back(*charge.application_fee);
        if (const auto request_id = charge.request_id(); request_id && is_request_id(*request_id))
            claims.push_back({charge.id, *request_id});
    }
    if (!fees.empty())
        look_at_fees(tx, fees);
    match(tx, read.account_id, claims, "metadata");
    stored.settled = settle(tx, read.account_id, add_history(tx, read, ids_of(changed)));
}

void keep(pqxx::work& tx, const Read& read, const std::vector<Sighting<Refund>>& refunds,
          Stored& stored) {
    stored.written = count(save_refunds(tx, read, refunds));
}

void keep(pqxx::work& tx, const Read& read, const std::vector<Sighting<Dispute>>& disputes,
          Stored& stored) {
    stored.written = count(save_disputes(tx, read, disputes));
    if (stored.written == 0)
        return;
    std::vector<std::string> charges;
    for (const auto& dispute : disputes)
        if (dispute.object.charge)
            charges.push_back(*dispute.object.charge);
    stored.settled = settle(tx, read.account_id, charges);
}

void keep(pqxx::work& tx, const Read& read, const std::vector<Sighting<BalanceTransaction>>& rows,
          Stored& stored) {
    stored.written = count(save_balance_transactions(tx, read, rows));
}

void keep(pqxx::work& tx, const Read& read, const std::vector<Sighting<Payout>>& payouts,
          Stored& stored) {
    stored.written = count(save_payouts(tx, read, payouts));
}

void keep(pqxx::work& tx, const Read& read, const std::vector<Sighting<ApplicationFee>>& fees,
          Stored& stored) {
    stored.written = count(save_application_fees(tx, read, fees));
}

template <typename T>
Stored counted(const Batch<T>& batch) {
    Stored stored;
    stored.listed = static_cast<int>(batch.items.size() + batch.rejected.size());
    stored.rejected = static_cast<int>(batch.rejected.size());
    return stored;
}

/// Everything that follows from these objects but the walk.
template <typename T>
Stored take(pqxx::work& tx, const Lease& lease, const Read& read, const Batch<T>& batch) {
    quarantine(tx, read, lease.stream, batch.rejected);
    release_from_quarantine(tx, read.account_id, lease.stream, batch.ids());
    auto stored = counted(batch);
    keep(tx, read, batch.items, stored);
    return stored;
}

/// Slices as they stand after the pages, of which those of one slice come in their order.
Step step_of(const ListPages& pages) {
    std::map<std::int64_t, Slice> open;
    Step step;
    for (const auto& page : pages) {
        if (page.split_off)
            open[page.split_off->until] = *page.split_off;
        if (page.last) {
            open.erase(page.slice.until);
            step.closed.push_back(page.slice);
        } else {
            open[page.slice.until] = page.slice;
        }
    }
    for (auto& [until, slice] : open)
        step.open.push_back(std::move(slice));
    return step;
}

template <typename T>
stripe::Page<T> parse_one(const std::string& id, const std::string& body,
                          T (*reader)(const stripe::Object&)) {
    stripe::Page<T> page;
    const stripe::Document document(body);
    try {
        page.items.push_back(reader(document.root()));
        if (page.items.front().id != id)
            throw stripe::FieldError("id", "is not the one that was asked for");
    } catch (const stripe::FieldError& error) {
        page.items.clear();
        page.rejected.push_back({id, body, error.what()});
    }
    return page;
}

/// After half its age, so that the step grows and never ends.
/// `which` is SQL that must hold of its row.
void check_later(pqxx::work& tx, const Lease& lease, const std::string& id, const char* which) {
    const auto& kind = kind_of(lease.stream);
    tx.exec_params0(
        fmt::format(
            "UPDATE {} SET next_check_at = pay_private.next_check(created, 'infinity', now()) "
            "WHERE account_id = $1 AND {} = $2 AND {}",
            kind.table, kind.id, which),
        lease.account_id, id);
}

}  // namespace

Stored store_pages(pqxx::work& tx, Lease lease, Pace pace, std::shared_ptr<const ListPages> pages) {
    const bool live = hold(tx, lease);
    return with_reader(lease.stream, live, [&](auto reader) {
        Read read{lease.account_id, "list", {}};
        Batch<decltype(reader(std::declval<const stripe::Object&>()))> batch;
        for (const auto& page : *pages) {
            if (page.body.empty())
                continue;
            batch.add(stripe::parse_page(page.body, reader), page.answer);
            read.whole.push_back(page.whole);
        }
        auto stored = take(tx, lease, read, batch);
        auto step = step_of(*pages);
        step.written = stored.written;
        for (const auto& seen : batch.items)
            step.newest = std::max(step.newest.value_or(seen.object.created), seen.object.created);
        stored.finished = advance_walk(tx, lease, pace, step);
        return stored;
    });
}

Stored store_object(pqxx::work& tx, Lease lease, std::string id, std::string body, Answer answer) {
    const bool live = hold(tx, lease);
    return with_reader(lease.stream, live, [&](auto reader) {
        Batch<decltype(reader(std::declval<const stripe::Object&>()))> batch;
        batch.add(parse_one(id, body, reader), answer);
        const Read read{lease.account_id, "object", {}};
        const auto stored = take(tx, lease, read, batch);
        if (stored.rejected > 0)
            check_later(tx, lease, id, "next_check_at <= now()");
        was_read(tx, lease, id, answer.stripe_request_id, stored.written > 0);
        return stored;
    });
}

void object_not_given(pqxx::work& tx, Lease lease, std::string id, bool for_good) {
    hold(tx, lease);
    check_later(tx, lease, id, "next_check_at <= now()");
    was_not_given(tx, lease, id, for_good);
    if (for_good)
        leave_in_quarantine(tx, lease.account_id, lease.stream, id);
}

void object_vanished(pqxx::work& tx, Lease lease, std::string id, std::string stripe_request_id) {
    hold(tx, lease);
    const auto& kind = kind_of(lease.stream);
    // The hash of nothing: should it come back, it is written as it is then.
    tx.exec_params0(fmt::format(R"sql(
        WITH told AS (
            UPDATE pay_private.discrepancy
               SET state = 'explained', resolved_at = now(),
                   resolution = 'Stripe does not have it any more: a second answer agreed, ' || $3,
                   evidence = evidence || jsonb_build_object('agreed_request_id', $3::text, 'agreed_at', now())
             WHERE kind = $4 AND account_id = $1 AND subject = $2 AND state = 'open'
               AND detected_at < now() - interval '30 seconds'
            RETURNING 1)
        UPDATE {0} SET gone_at = now(), gone_request_id = $3, next_check_at = NULL, row_hash = 0
         WHERE account_id = $1 AND {1} = $2 AND gone_at IS NULL AND EXISTS (SELECT FROM told))sql",
                                kind.table, kind.id),
                    lease.account_id, id, stripe_request_id,
                    kind.object + std::string("_vanished"));
    tx.exec_params0(fmt::format(R"sql(
        INSERT INTO pay_private.discrepancy (kind, account_id, subject, evidence)
        SELECT $4::text || '_vanished', $1, $2, jsonb_build_object(
                   $4::text || '_id', $2::text, 'stripe_request_id', $3::text, 'seen_at', now())
         WHERE NOT EXISTS (SELECT FROM {0} WHERE account_id = $1 AND {1} = $2 AND gone_at IS NOT NULL)
        ON CONFLICT (kind, account_id, subject) WHERE state = 'open' DO NOTHING)sql",
                                kind.table, kind.id),
                    lease.account_id, id, stripe_request_id, kind.object);
    check_later(tx, lease, id, "gone_at IS NULL");
    leave_in_quarantine(tx, lease.account_id, lease.stream, id);
    was_read(tx, lease, id, stripe_request_id, true);
}

Stored store_items(pqxx::work& tx, Lease lease, std::string payout_id, std::string body,
                   Answer answer) {
    hold(tx, lease);
    const Read read{lease.account_id, "list", {}};
    auto page = stripe::parse_page(body, &stripe::read_balance_transaction);
    // Or the same page would come again for ever.
    if (page.has_more && page.last_id.empty())
        throw stripe::FieldError("data", "has more pages behind it, but no object with an id");
    const bool has_more = page.has_more;
    const auto cursor = page.last_id;
    Batch<BalanceTransaction> batch;
    batch.add(std::move(page), answer);
    auto stored = counted(batch);
    stored.has_more = has_more;
    stored.cursor = cursor;
    quarantine(tx, read, kLedger, batch.rejected);
    add_items(tx, read, payout_id, batch.items);
    if (!stored.has_more)
        close_items(tx, read, payout_id, answer);
    return stored;
}

}  // namespace paysync::reconciliation::store
