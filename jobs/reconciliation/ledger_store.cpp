// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/ledger_store.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"

#include <pqxx/pqxx>

#include <map>

namespace paysync::reconciliation::store {

namespace {

using stripe::BalanceTransaction;

// payout_id is not among them: another stream learns it. A status that was read earlier and came
// later changes nothing: it only goes forward.
const Mirror& ledger_mirror() {
    static const Mirror kMirror(kind_of(kLedger),
                                {{"type"},
                                 {"reporting_category"},
                                 {"amount", "bigint"},
                                 {"fee", "bigint"},
                                 {"net", "bigint"},
                                 {"currency"},
                                 {"exchange_rate", "numeric"},
                                 {"source_id"},
                                 {"status"},
                                 {"available_on", "time"},
                                 {"created", "time"},
                                 {"description"},
                                 {"balance_type"}},
                                "NOT (m.status = 'available' AND excluded.status = 'pending')");
    return kMirror;
}

/// An hour for Stripe to make the money available, before we look.
constexpr std::int64_t kAfterAvailable = 3600;

MirrorRow row_of(const Sighting<BalanceTransaction>& seen) {
    const BalanceTransaction& t = seen.object;
    MirrorRow row(t.id, *seen.answer);
    row.add(t.type).add(t.reporting_category).add(t.amount).add(t.fee).add(t.net).add(t.currency);
    row.add(t.exchange_rate).add(t.source).add(t.status).add(t.available_on).add(t.created);
    row.add(t.description).add(t.balance_type);
    for (const auto& part : t.fee_details)
        row.also(part.type)
            .also(part.amount)
            .also(part.currency)
            .also(part.application)
            .also(part.description);
    if (t.status == "pending")
        row.may_change(kForEver, t.available_on + kAfterAvailable);
    return row;
}

void save_fees(pqxx::work& tx, const Read& read,
               const std::vector<BalanceTransaction>& transactions) {
    Column ids, id, ordinal, type, amount, currency, application, description;
    for (const auto& t : transactions) {
        ids.add(t.id);
        std::int64_t place = 0;
        for (const auto& part : t.fee_details) {
            id.add(t.id);
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
                read.account_id, ids.literal(), id.literal(), ordinal.literal(), type.literal(),
                amount.literal(), currency.literal(), application.literal(), description.literal());
}

}  // namespace

std::vector<std::string> save_balance_transactions(
    pqxx::work& tx, const Read& read,
    const std::vector<Sighting<BalanceTransaction>>& transactions) {
    std::map<std::string, const BalanceTransaction*> by_id;
    for (const auto& seen : transactions)
        by_id[seen.object.id] = &seen.object;
    auto written = save(tx, read, ledger_mirror(), transactions, row_of);
    std::vector<BalanceTransaction> changed;
    for (const auto& id : written)
        changed.push_back(*by_id.at(id));
    if (!changed.empty())
        save_fees(tx, read, changed);
    return written;
}

std::vector<std::string> save_accompanying(
    pqxx::work& tx, const Read& read,
    const std::vector<Sighting<BalanceTransaction>>& transactions) {
    if (transactions.empty())
        return {};
    const Read listed{read.account_id, "list", {}};
    return save_balance_transactions(tx, listed, transactions);
}

}  // namespace paysync::reconciliation::store
