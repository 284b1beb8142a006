// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/pages_store.hpp"

#include "daemon/base/db/row.hpp"
#include "jobs/reconciliation/quarantine_store.hpp"
#include "jobs/reconciliation/rereads_store.hpp"
#include "jobs/reconciliation/stream_kind.hpp"

#include <fmt/format.h>
#include <pqxx/pqxx>

#include <map>
#include <utility>

namespace paysync::reconciliation::store {

namespace {

/// Stores the objects of a batch with all that follows from them, except the progress of the walk.
StoredObjects store_batch(pqxx::work& tx, const StreamLease& lease, const AccountRead& read,
                          const ObjectBatch& batch) {
    quarantine(tx, lease.account_id, lease.stream, batch.refused());
    release_from_quarantine(tx, lease.account_id, lease.stream, batch.ids());
    auto changes = batch.apply_changes(tx, read);
    StoredObjects stored;
    stored.listed = batch.listed();
    stored.written = changes.written;
    stored.refused = static_cast<int>(batch.refused().size());
    stored.settled = std::move(changes.settled);
    return stored;
}

/// The slices as they stand behind these pages.
WalkProgress progress_after(const ListPages& pages) {
    std::map<std::int64_t, Slice> open;
    WalkProgress progress;
    for (const auto& page : pages) {
        if (page.split_off)
            open[page.split_off->until] = *page.split_off;
        if (page.last) {
            open.erase(page.slice.until);
            progress.closed.push_back(page.slice);
        } else {
            open[page.slice.until] = page.slice;
        }
    }
    for (auto& [until, slice] : open)
        progress.open.push_back(std::move(slice));
    return progress;
}

/// The object's row is due again after half its age, so that the pause grows. `condition` is SQL on
/// the row.
void schedule_recheck(pqxx::work& tx, const StreamLease& lease, const std::string& id,
                      const char* condition) {
    const auto& kind = stream_kind(lease.stream);
    tx.exec_params0(
        fmt::format(
            "UPDATE {} SET next_check_at = pay_private.next_check(created, 'infinity', now()) "
            "WHERE account_id = $1 AND {} = $2 AND {}",
            kind.table, kind.id_column, condition),
        lease.account_id, id);
}

constexpr const char* kIsDue = "next_check_at <= now()";

}  // namespace

StoredObjects store_pages(pqxx::work& tx, StreamLease lease, WalkTimes times,
                          std::shared_ptr<const ListPages> pages) {
    const auto livemode = lock_stream(tx, lease);
    const auto batch = stream_kind(lease.stream).new_batch(livemode);
    AccountRead read;
    read.account_id = lease.account_id;
    for (const auto& page : *pages) {
        if (page.body.empty())
            continue;
        batch->add_page(page.body, page.response);
        read.listed.push_back(page.listed);
    }
    auto stored = store_batch(tx, lease, read, *batch);
    auto progress = progress_after(*pages);
    progress.written = stored.written;
    progress.newest = batch->newest();
    stored.finished = advance_walk(tx, lease, times, progress);
    return stored;
}

StoredObjects store_object(pqxx::work& tx, StreamLease lease, std::string id, std::string body,
                           ResponseInfo response) {
    const auto livemode = lock_stream(tx, lease);
    const auto batch = stream_kind(lease.stream).new_batch(livemode);
    batch->add_object(id, body, response);
    AccountRead read;
    read.account_id = lease.account_id;
    read.source = AccountRead::Source::object;
    auto stored = store_batch(tx, lease, read, *batch);
    if (stored.refused > 0)
        schedule_recheck(tx, lease, id, kIsDue);
    clear_reread(tx, lease, id, response.stripe_request_id, stored.written > 0);
    return stored;
}

void store_refusal(pqxx::work& tx, StreamLease lease, std::string id, bool for_good) {
    lock_stream(tx, lease);
    schedule_recheck(tx, lease, id, kIsDue);
    defer_reread(tx, lease, id, for_good);
    if (for_good)
        mark_quarantined_as_tried(tx, lease.account_id, lease.stream, id);
}

void store_not_found(pqxx::work& tx, StreamLease lease, std::string id,
                     std::string stripe_request_id) {
    lock_stream(tx, lease);
    const auto& kind = stream_kind(lease.stream);
    // No object has the hash 0: if it comes back, its row is written.
    tx.exec_params0(fmt::format(R"sql(
        WITH explained AS (
            UPDATE pay_private.discrepancy
               SET state = 'explained', resolved_at = now(),
                   resolution = 'Stripe does not have it any more: a second answer agreed, ' || $3,
                   evidence = evidence || jsonb_build_object('agreed_request_id', $3::text, 'agreed_at', now())
             WHERE kind = $4 AND account_id = $1 AND subject = $2 AND state = 'open'
               AND detected_at < now() - interval '30 seconds'
            RETURNING 1)
        UPDATE {0} SET gone_at = now(), gone_request_id = $3, next_check_at = NULL, row_hash = 0
         WHERE account_id = $1 AND {1} = $2 AND gone_at IS NULL AND EXISTS (SELECT FROM explained))sql",
                                kind.table, kind.id_column),
                    lease.account_id, id, stripe_request_id,
                    kind.object + std::string("_vanished"));
    tx.exec_params0(fmt::format(R"sql(
        INSERT INTO pay_private.discrepancy (kind, account_id, subject, evidence)
        SELECT $4::text || '_vanished', $1, $2, jsonb_build_object(
                   $4::text || '_id', $2::text, 'stripe_request_id', $3::text, 'seen_at', now())
         WHERE NOT EXISTS (SELECT FROM {0} WHERE account_id = $1 AND {1} = $2 AND gone_at IS NOT NULL)
        ON CONFLICT (kind, account_id, subject) WHERE state = 'open' DO NOTHING)sql",
                                kind.table, kind.id_column),
                    lease.account_id, id, stripe_request_id, kind.object);
    if (kind.after_gone)
        kind.after_gone(tx, lease.account_id, id);
    schedule_recheck(tx, lease, id, "gone_at IS NULL");
    mark_quarantined_as_tried(tx, lease.account_id, lease.stream, id);
    clear_reread(tx, lease, id, stripe_request_id, true);
}

}  // namespace paysync::reconciliation::store
