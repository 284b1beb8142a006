// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/ledger_store.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/statement.hpp"
#include "jobs/reconciliation/mirrored_kind.hpp"

#include <pqxx/pqxx>

namespace paysync::reconciliation::store {

namespace {

using stripe::BalanceTransaction;

/// Stripe makes the money available within an hour after it says that it is.
constexpr std::int64_t kAvailableWithin = 3600;

std::optional<Recheck> ledger_recheck(const BalanceTransaction& row) {
    if (row.status != "pending")
        return std::nullopt;
    return Recheck{.not_before = row.available_on + kAvailableWithin};
}

void fingerprint_ledger_row(const BalanceTransaction& transaction, MirrorRow& row) {
    for (const auto& part : transaction.fee_details) {
        row.add_to_fingerprint(part.type);
        row.add_to_fingerprint(part.amount);
        row.add_to_fingerprint(part.currency);
        row.add_to_fingerprint(part.application);
        row.add_to_fingerprint(part.description);
    }
}

void store_fee_parts(pqxx::work& tx, const std::string& account_id,
                     const std::vector<const BalanceTransaction*>& rows) {
    Column ids, id, ordinal, type, amount, currency, application, description;
    for (const auto* row : rows) {
        ids.add(row->id);
        std::int64_t place = 0;
        for (const auto& part : row->fee_details) {
            id.add(row->id);
            ordinal.add(++place);
            type.add(part.type);
            amount.add(part.amount);
            currency.add(part.currency);
            application.add(part.application);
            description.add(part.description);
        }
    }
    db::execute(tx, R"sql(
        WITH parts AS (
            SELECT unnest($3::text[]) AS id, unnest($4::int[]) AS ordinal,
                   unnest($5::text[]) AS type, unnest($6::bigint[]) AS amount,
                   unnest($7::text[]) AS currency, unnest($8::text[]) AS application,
                   unnest($9::text[]) AS description),
        gone AS (
            DELETE FROM pay_private.balance_transaction_fee
             WHERE ctid = ANY (ARRAY(
                       SELECT f.ctid FROM unnest($2::text[]) AS asked (id)
                        CROSS JOIN LATERAL (SELECT ctid, ordinal FROM pay_private.balance_transaction_fee
                                             WHERE account_id = $1
                                               AND balance_transaction_id = asked.id OFFSET 0) f
                        WHERE NOT EXISTS (SELECT FROM parts p WHERE p.id = asked.id
                                             AND p.ordinal = f.ordinal))))
        INSERT INTO pay_private.balance_transaction_fee AS f
               (account_id, balance_transaction_id, ordinal, type, amount, currency, application,
                description)
        SELECT $1, p.* FROM parts p
        ON CONFLICT (account_id, balance_transaction_id, ordinal) DO UPDATE
           SET type = excluded.type, amount = excluded.amount, currency = excluded.currency,
               application = excluded.application, description = excluded.description
         WHERE (f.type, f.amount, f.currency, f.application, f.description)
               IS DISTINCT FROM (excluded.type, excluded.amount, excluded.currency,
                                 excluded.application, excluded.description))sql",
                account_id, ids.literal(), id.literal(), ordinal.literal(), type.literal(),
                amount.literal(), currency.literal(), application.literal(), description.literal());
}

std::vector<SettledRequest> after_ledger_change(
    pqxx::work& tx, const AccountRead& read,
    const std::vector<const BalanceTransaction*>& changed) {
    store_fee_parts(tx, read.account_id, changed);
    return {};
}

// payout_id is not among the columns: the payout's items tell it (payouts_store). The guard: a
// status only goes forward, and a read of an earlier status may be stored later.
const MirroredKind<BalanceTransaction>& ledger_mapping() {
    using Row = BalanceTransaction;
    static const MirroredKind<Row> kMapping(
        kLedger, {.read = &stripe::read_balance_transaction,
                  .columns =
                      {
                          column<&Row::type>("type"),
                          column<&Row::reporting_category>("reporting_category"),
                          column<&Row::amount>("amount"),
                          column<&Row::fee>("fee"),
                          column<&Row::net>("net"),
                          column<&Row::currency>("currency"),
                          column<&Row::exchange_rate>("exchange_rate", "numeric"),
                          column<&Row::source>("source_id"),
                          column<&Row::status>("status"),
                          column<&Row::available_on>("available_on", kTime),
                          column<&Row::created>("created", kTime),
                          column<&Row::description>("description"),
                          column<&Row::balance_type>("balance_type"),
                      },
                  .fingerprint = &fingerprint_ledger_row,
                  .recheck = &ledger_recheck,
                  .after_change = &after_ledger_change,
                  .guard = "NOT (m.status = 'available' AND excluded.status = 'pending')"});
    return kMapping;
}

std::unique_ptr<ObjectBatch> new_ledger_batch(std::optional<bool> livemode) {
    return ledger_mapping().new_batch(livemode);
}

}  // namespace

constinit const StreamKind kLedger = {.stream = "balance_transactions",
                                      .object = "balance_transaction",
                                      .path = "/v1/balance_transactions",
                                      .table = "pay_private.balance_transaction",
                                      .id_column = "balance_transaction_id",
                                      .rechecked_by_walk = true,
                                      .extra = StreamKind::Extra::compare_balance,
                                      .new_batch = &new_ledger_batch};

void store_accompanying_ledger_rows(pqxx::work& tx, const std::string& account_id,
                                    const std::vector<ReadObject<BalanceTransaction>>& rows) {
    if (!rows.empty())
        ledger_mapping().apply_changes(tx, AccountRead{account_id}, rows);
}

}  // namespace paysync::reconciliation::store
