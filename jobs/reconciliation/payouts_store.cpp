// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/payouts_store.hpp"

#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "jobs/reconciliation/ledger_store.hpp"

#include <pqxx/pqxx>

namespace paysync::reconciliation::store {

namespace {

/// For how long a bank may send a paid payout back (five business days), or its trace id may come
/// (ten days), after it arrived.
constexpr std::int64_t kMayComeBack = 14 * 86400;

const Mirror& payouts_mirror() {
    static const Mirror kMirror(kind_of(kPayouts), {{"livemode", "boolean"},
                                                    {"created", "time"},
                                                    {"arrival_date", "time"},
                                                    {"amount", "bigint"},
                                                    {"currency"},
                                                    {"status"},
                                                    {"automatic", "boolean"},
                                                    {"reconciliation_status"},
                                                    {"method"},
                                                    {"type"},
                                                    {"destination_id"},
                                                    {"balance_transaction_id"},
                                                    {"failure_balance_transaction_id"},
                                                    {"failure_code"},
                                                    {"failure_message"},
                                                    {"statement_descriptor"},
                                                    {"trace_id"},
                                                    {"trace_id_status"}});
    return kMirror;
}

MirrorRow row_of(const Sighting<stripe::Payout>& seen) {
    const auto& p = seen.object;
    MirrorRow row(p.id, *seen.answer);
    row.add(p.livemode).add(p.created).add(p.arrival_date).add(p.amount).add(p.currency);
    row.add(p.status).add(p.automatic).add(p.reconciliation_status).add(p.method).add(p.type);
    row.add(p.destination).add(p.balance_transaction).add(p.failure_balance_transaction);
    row.add(p.failure_code).add(p.failure_message).add(p.statement_descriptor).add(p.trace_id);
    row.add(p.trace_id_status);
    const bool over = p.status == "failed" || p.status == "canceled";
    const bool itemised = !p.automatic || p.reconciliation_status == "completed";
    if (!over)
        row.may_change(p.status == "paid" && itemised ? p.arrival_date + kMayComeBack : kForEver);
    return row;
}

}  // namespace

std::vector<std::string> save_payouts(pqxx::work& tx, const Read& read,
                                      const std::vector<Sighting<stripe::Payout>>& payouts) {
    return save(tx, read, payouts_mirror(), payouts, row_of);
}

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

void add_items(pqxx::work& tx, const Read& read, const std::string& payout_id,
               const std::vector<Sighting<stripe::BalanceTransaction>>& items) {
    save_accompanying(tx, read, items);
    std::vector<std::string> ids;
    for (const auto& item : items)
        ids.push_back(item.object.id);
    tx.exec_params0(R"sql(
        UPDATE pay_private.balance_transaction SET payout_id = $2
         WHERE account_id = $1 AND balance_transaction_id = ANY ($3::text[])
           AND payout_id IS DISTINCT FROM $2)sql",
                    read.account_id, payout_id, text_array(ids));
}

void close_items(pqxx::work& tx, const Read& read, const std::string& payout_id,
                 const Answer& answer) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.payout SET itemised_at = now() WHERE account_id = $1 AND payout_id = $2)sql",
                    read.account_id, payout_id);
    tx.exec_params0(R"sql(
        INSERT INTO pay_private.discrepancy (kind, account_id, subject, evidence)
        SELECT 'INV-07', s.account_id, s.payout_id, jsonb_build_object(
                   'amount', s.amount, 'items', s.items, 'rows', s.rows, 'foreign_rows', s.foreign_rows,
                   'stripe_request_id', $3::text)
          FROM pay_private.payout_sum s
         WHERE s.account_id = $1 AND s.payout_id = $2 AND (s.amount <> s.items OR s.foreign_rows > 0)
        ON CONFLICT (kind, account_id, subject) WHERE state = 'open' DO NOTHING)sql",
                    read.account_id, payout_id, answer.stripe_request_id);
}

}  // namespace paysync::reconciliation::store
