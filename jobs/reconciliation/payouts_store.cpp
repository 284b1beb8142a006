// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/payouts_store.hpp"

#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "jobs/reconciliation/ledger_store.hpp"
#include "jobs/reconciliation/mirrored_kind.hpp"
#include "jobs/reconciliation/quarantine_store.hpp"
#include "jobs/stripe/payout.hpp"

#include <pqxx/pqxx>

namespace paysync::reconciliation::store {

namespace {

using stripe::Payout;

/// For how long after its arrival a bank may send a paid payout back (five business days), or the
/// payout may get its trace id (ten days).
constexpr std::int64_t kMayComeBack = 14 * 86400;

std::optional<Recheck> payout_recheck(const Payout& payout) {
    if (payout.status == "failed" || payout.status == "canceled")
        return std::nullopt;
    const bool can_be_itemised = !payout.automatic || payout.reconciliation_status == "completed";
    if (payout.status == "paid" && can_be_itemised)
        return Recheck{.until = payout.arrival_date + kMayComeBack};
    return Recheck();
}

const MirroredKind<Payout>& payout_mapping() {
    static const MirroredKind<Payout> kMapping(
        kPayouts,
        {.read = &stripe::read_payout,
         .columns =
             {
                 column<&Payout::livemode>("livemode"),
                 column<&Payout::created>("created", kTime),
                 column<&Payout::arrival_date>("arrival_date", kTime),
                 column<&Payout::amount>("amount"),
                 column<&Payout::currency>("currency"),
                 column<&Payout::status>("status"),
                 column<&Payout::automatic>("automatic"),
                 column<&Payout::reconciliation_status>("reconciliation_status"),
                 column<&Payout::method>("method"),
                 column<&Payout::type>("type"),
                 column<&Payout::destination>("destination_id"),
                 column<&Payout::balance_transaction>("balance_transaction_id"),
                 column<&Payout::failure_balance_transaction>("failure_balance_transaction_id"),
                 column<&Payout::failure_code>("failure_code"),
                 column<&Payout::failure_message>("failure_message"),
                 column<&Payout::statement_descriptor>("statement_descriptor"),
                 column<&Payout::trace_id>("trace_id"),
                 column<&Payout::trace_id_status>("trace_id_status"),
             },
         .recheck = &payout_recheck});
    return kMapping;
}

std::unique_ptr<ObjectBatch> new_payout_batch(std::optional<bool> livemode) {
    return payout_mapping().new_batch(livemode);
}

void tie_to_payout(pqxx::work& tx, const std::string& account_id, const std::string& payout_id,
                   const std::vector<std::string>& ledger_ids) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.balance_transaction SET payout_id = $2
         WHERE account_id = $1 AND balance_transaction_id = ANY ($3::text[])
           AND payout_id IS DISTINCT FROM $2)sql",
                    account_id, payout_id, text_array(ledger_ids));
}

void close_payout(pqxx::work& tx, const StreamLease& lease, const std::string& payout_id,
                  const ResponseInfo& response) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.payout SET itemised_at = now() WHERE account_id = $1 AND payout_id = $2)sql",
                    lease.account_id, payout_id);
    tx.exec_params0(R"sql(
        INSERT INTO pay_private.discrepancy (kind, account_id, subject, evidence)
        SELECT 'INV-07', s.account_id, s.payout_id, jsonb_build_object(
                   'amount', s.amount, 'items', s.items, 'rows', s.rows, 'foreign_rows', s.foreign_rows,
                   'stripe_request_id', $3::text)
          FROM pay_private.payout_sum s
         WHERE s.account_id = $1 AND s.payout_id = $2 AND (s.amount <> s.items OR s.foreign_rows > 0)
        ON CONFLICT (kind, account_id, subject) WHERE state = 'open' DO NOTHING)sql",
                    lease.account_id, payout_id, response.stripe_request_id);
}

}  // namespace

constinit const StreamKind kPayouts = {.stream = "payouts",
                                       .object = "payout",
                                       .path = "/v1/payouts",
                                       .table = "pay_private.payout",
                                       .id_column = "payout_id",
                                       .extra = StreamKind::Extra::itemise_payouts,
                                       .new_batch = &new_payout_batch};

std::vector<std::string> payouts_to_itemise(pqxx::work& tx, std::string account_id, int limit) {
    const auto rows = db::execute(tx, R"sql(
        SELECT payout_id FROM pay_private.payout
         WHERE account_id = $1 AND automatic AND reconciliation_status = 'completed'
           AND itemised_at IS NULL AND gone_at IS NULL
         ORDER BY created LIMIT $2)sql",
                                  account_id, limit);
    std::vector<std::string> ids;
    for (const auto& row : rows)
        ids.push_back(text(row[0]));
    return ids;
}

StoredObjects store_payout_items(pqxx::work& tx, StreamLease lease, std::string payout_id,
                                 std::string body, ResponseInfo response, bool last) {
    lock_stream(tx, lease);
    const auto batch = kLedger.new_batch(std::nullopt);
    batch->add_page(body, response);
    quarantine(tx, lease.account_id, kLedger.stream, batch->refused());
    batch->apply_changes(tx, AccountRead{lease.account_id});
    tie_to_payout(tx, lease.account_id, payout_id, batch->ids());
    if (last)
        close_payout(tx, lease, payout_id, response);
    StoredObjects stored;
    stored.listed = batch->listed();
    stored.refused = static_cast<int>(batch->refused().size());
    return stored;
}

}  // namespace paysync::reconciliation::store
