// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/ledger_store.hpp"

#include "jobs/column.hpp"
#include "jobs/row.hpp"

#include <pqxx/pqxx>

#include <map>

namespace paysync::reconciliation::store {

namespace {

using stripe::BalanceTransaction;

std::int64_t fingerprint(const BalanceTransaction& t) {
    Fingerprint print;
    print.add(t.type).add(t.reporting_category).add(t.amount).add(t.fee).add(t.net);
    print.add(t.currency).add(t.exchange_rate).add(t.source).add(t.status).add(t.available_on);
    print.add(t.created).add(t.description);
    for (const auto& part : t.fee_details)
        print.add(part.type)
            .add(part.amount)
            .add(part.currency)
            .add(part.application)
            .add(part.description);
    return print.value();
}

using Hashes = std::map<std::string, std::int64_t>;

Hashes stored_hashes(pqxx::work& tx, const std::string& account_id, const Column& ids) {
    Hashes hashes;
    const auto rows = tx.exec_params(R"sql(
        SELECT balance_transaction_id, row_hash FROM pay_private.balance_transaction
         WHERE account_id = $1 AND balance_transaction_id = ANY ($2::text[]))sql",
                                     account_id, ids.literal());
    for (const auto& row : rows)
        hashes.emplace(text(row[0]), row[1].as<std::int64_t>());
    return hashes;
}

void save_rows(pqxx::work& tx, const Read& read,
               const std::vector<const BalanceTransaction*>& changed) {
    Column id, type, category, amount, fee, net, currency, rate, source, status, available, created,
        description, hash;
    for (const auto* t : changed) {
        id.add(t->id);
        type.add(t->type);
        category.add(t->reporting_category);
        amount.add(t->amount);
        fee.add(t->fee);
        net.add(t->net);
        currency.add(t->currency);
        rate.add(t->exchange_rate);
        source.add(t->source);
        status.add(t->status);
        available.add(t->available_on);
        created.add(t->created);
        description.add(t->description);
        hash.add(fingerprint(*t));
    }
    // payout_id is not touched: another stream learns it.
    tx.exec_params0(
        R"sql(
        INSERT INTO pay_private.balance_transaction AS b
               (account_id, read_at, stripe_request_id, balance_transaction_id, type,
                reporting_category, amount, fee, net, currency, exchange_rate, source_id, status,
                available_on, created, description, row_hash)
        SELECT $1, now(), $2, t.id, t.type, t.category, t.amount, t.fee, t.net, t.currency, t.rate,
               t.source, t.status, to_timestamp(t.available), to_timestamp(t.created),
               t.description, t.hash
          FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[],
                      $9::text[], $10::numeric[], $11::text[], $12::text[], $13::bigint[],
                      $14::bigint[], $15::text[], $16::bigint[])
               AS t (id, type, category, amount, fee, net, currency, rate, source, status,
                     available, created, description, hash)
        ON CONFLICT (account_id, balance_transaction_id) DO UPDATE
           SET read_at = greatest(b.read_at, excluded.read_at),
               stripe_request_id = excluded.stripe_request_id, type = excluded.type,
               reporting_category = excluded.reporting_category, amount = excluded.amount,
               fee = excluded.fee, net = excluded.net, currency = excluded.currency,
               exchange_rate = excluded.exchange_rate, source_id = excluded.source_id,
               status = excluded.status, available_on = excluded.available_on,
               created = excluded.created, description = excluded.description,
               row_hash = excluded.row_hash
         WHERE b.row_hash IS DISTINCT FROM excluded.row_hash)sql",
        read.account_id, read.stripe_request_id, id.literal(), type.literal(), category.literal(),
        amount.literal(), fee.literal(), net.literal(), currency.literal(), rate.literal(),
        source.literal(), status.literal(), available.literal(), created.literal(),
        description.literal(), hash.literal());
}

void save_fees(pqxx::work& tx, const Read& read,
               const std::vector<const BalanceTransaction*>& changed) {
    Column ids, id, ordinal, type, amount, currency, application, description;
    for (const auto* t : changed) {
        ids.add(t->id);
        std::int64_t place = 0;
        for (const auto& part : t->fee_details) {
            id.add(t->id);
            ordinal.add(++place);
            type.add(part.type);
            amount.add(part.amount);
            currency.add(part.currency);
            application.add(part.application);
            description.add(part.description);
        }
    }
    tx.exec_params0(R"sql(
        WITH parts AS (
            SELECT * FROM unnest($3::text[], $4::int[], $5::text[], $6::bigint[], $7::text[],
                                 $8::text[], $9::text[])
                     AS t (id, ordinal, type, amount, currency, application, description)),
        gone AS (
            DELETE FROM pay_private.balance_transaction_fee f
             WHERE f.account_id = $1 AND f.balance_transaction_id = ANY ($2::text[])
               AND NOT EXISTS (SELECT FROM parts p WHERE p.id = f.balance_transaction_id
                                  AND p.ordinal = f.ordinal))
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
                    amount.literal(), currency.literal(), application.literal(),
                    description.literal());
}

}  // namespace

void save_balance_transactions(pqxx::work& tx, const Read& read,
                               const std::vector<const BalanceTransaction*>& transactions) {
    if (transactions.empty())
        return;
    Column ids;
    // One row may come twice, and an upsert takes each only once.
    std::map<std::string, const BalanceTransaction*> by_id;
    for (const auto* transaction : transactions) {
        ids.add(transaction->id);
        by_id[transaction->id] = transaction;
    }
    const auto stored = stored_hashes(tx, read.account_id, ids);
    std::vector<const BalanceTransaction*> changed;
    for (const auto& [id, transaction] : by_id) {
        const auto known = stored.find(id);
        if (known == stored.end() || known->second != fingerprint(*transaction))
            changed.push_back(transaction);
    }
    if (changed.empty())
        return;
    save_rows(tx, read, changed);
    save_fees(tx, read, changed);
}

}  // namespace paysync::reconciliation::store
