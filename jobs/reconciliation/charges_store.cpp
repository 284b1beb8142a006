// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/charges_store.hpp"

#include "jobs/column.hpp"
#include "jobs/reconciliation/ledger_store.hpp"
#include "jobs/row.hpp"

#include <pqxx/pqxx>

#include <map>

namespace paysync::reconciliation::store {

namespace {

using stripe::Charge;

/// What of the payment method has a column.
stripe::PaymentMethod method_of(const Charge& charge) {
    return charge.method.value_or(stripe::PaymentMethod());
}

std::int64_t fingerprint(const Charge& c) {
    const auto method = method_of(c);
    Fingerprint print;
    print.add(c.livemode).add(c.created).add(c.status).add(c.paid).add(c.captured).add(c.amount);
    print.add(c.amount_captured).add(c.amount_refunded).add(c.currency).add(c.refunded);
    print.add(c.disputed).add(c.balance_transaction_id).add(c.payment_intent).add(c.request_id());
    print.add(c.description).add(c.payer_name).add(c.payer_email).add(c.receipt_email);
    print.add(c.receipt_url).add(method.type).add(method.brand).add(method.last4);
    print.add(method.country).add(method.wallet).add(c.failure_code).add(c.failure_message);
    print.add(c.outcome_type).add(c.statement_descriptor).add(c.application_fee_amount);
    return print.value();
}

std::map<std::string, std::int64_t> stored_hashes(pqxx::work& tx, const std::string& account_id,
                                                  const Column& ids) {
    std::map<std::string, std::int64_t> hashes;
    const auto rows = tx.exec_params(R"sql(
        SELECT charge_id, row_hash FROM pay_private.charge
         WHERE account_id = $1 AND charge_id = ANY ($2::text[]))sql",
                                     account_id, ids.literal());
    for (const auto& row : rows)
        hashes.emplace(text(row[0]), row[1].as<std::int64_t>());
    return hashes;
}

/// The columns of a batch of charges, in the order in which the statement below names them.
std::vector<std::string> columns_of(const std::vector<Charge>& charges) {
    Column id, livemode, created, status, paid, captured, amount, amount_captured, amount_refunded,
        currency, refunded, disputed, ledger_row, intent, description, payer_name, payer_email,
        receipt_email, receipt_url, method, brand, last4, country, wallet, failure_code,
        failure_message, outcome, descriptor, fee, hash, final;
    for (const auto& c : charges) {
        const auto how = method_of(c);
        id.add(c.id);
        livemode.add(c.livemode);
        created.add(c.created);
        status.add(c.status);
        paid.add(c.paid);
        captured.add(c.captured);
        amount.add(c.amount);
        amount_captured.add(c.amount_captured);
        amount_refunded.add(c.amount_refunded);
        currency.add(c.currency);
        refunded.add(c.refunded);
        disputed.add(c.disputed);
        ledger_row.add(c.balance_transaction_id);
        intent.add(c.payment_intent);
        description.add(c.description);
        payer_name.add(c.payer_name);
        payer_email.add(c.payer_email);
        receipt_email.add(c.receipt_email);
        receipt_url.add(c.receipt_url);
        method.add(c.method ? std::optional(how.type) : std::nullopt);
        brand.add(how.brand);
        last4.add(how.last4);
        country.add(how.country);
        wallet.add(how.wallet);
        failure_code.add(c.failure_code);
        failure_message.add(c.failure_message);
        outcome.add(c.outcome_type);
        descriptor.add(c.statement_descriptor);
        fee.add(c.application_fee_amount);
        hash.add(fingerprint(c));
        final.add(is_final(c));
    }
    std::vector<std::string> literals;
    for (const Column* column : {&id,
                                 &livemode,
                                 &created,
                                 &status,
                                 &paid,
                                 &captured,
                                 &amount,
                                 &amount_captured,
                                 &amount_refunded,
                                 &currency,
                                 &refunded,
                                 &disputed,
                                 &ledger_row,
                                 &intent,
                                 &description,
                                 &payer_name,
                                 &payer_email,
                                 &receipt_email,
                                 &receipt_url,
                                 &method,
                                 &brand,
                                 &last4,
                                 &country,
                                 &wallet,
                                 &failure_code,
                                 &failure_message,
                                 &outcome,
                                 &descriptor,
                                 &fee,
                                 &hash,
                                 &final})
        literals.push_back(column->literal());
    return literals;
}

// request_id and matched_by are not touched: they are ours, not Stripe's. A charge that can still
// change is read again after half its age, so that the step grows and never ends.
constexpr const char* kUpsert = R"sql(
    INSERT INTO pay_private.charge AS c
           (account_id, read_at, stripe_request_id, charge_id, livemode, created, status, paid,
            captured, amount, amount_captured, amount_refunded, currency, refunded, disputed,
            balance_transaction_id, payment_intent_id, description, payer_name, payer_email,
            receipt_email, receipt_url, method, brand, last4, country, wallet, failure_code,
            failure_message, outcome_type, statement_descriptor, application_fee_amount, row_hash,
            next_check_at)
    SELECT $1, now(), $2, t.id, t.livemode, to_timestamp(t.created), t.status, t.paid, t.captured,
           t.amount, t.amount_captured, t.amount_refunded, t.currency, t.refunded, t.disputed,
           t.ledger_row, t.intent, t.description, t.payer_name, t.payer_email, t.receipt_email,
           t.receipt_url, t.method, t.brand, t.last4, t.country, t.wallet, t.failure_code,
           t.failure_message, t.outcome, t.descriptor, t.fee, t.hash,
           CASE WHEN NOT t.final THEN now() + least(interval '1 day', greatest(
               interval '1 minute', (now() - to_timestamp(t.created)) / 2)) END
      FROM unnest($3::text[], $4::boolean[], $5::bigint[], $6::text[], $7::boolean[],
                  $8::boolean[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[],
                  $13::boolean[], $14::boolean[], $15::text[], $16::text[], $17::text[],
                  $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[],
                  $24::text[], $25::text[], $26::text[], $27::text[], $28::text[], $29::text[],
                  $30::text[], $31::bigint[], $32::bigint[], $33::boolean[])
           AS t (id, livemode, created, status, paid, captured, amount, amount_captured,
                 amount_refunded, currency, refunded, disputed, ledger_row, intent, description,
                 payer_name, payer_email, receipt_email, receipt_url, method, brand, last4,
                 country, wallet, failure_code, failure_message, outcome, descriptor, fee, hash,
                 final)
    ON CONFLICT (account_id, charge_id) DO UPDATE
       SET read_at = greatest(c.read_at, excluded.read_at),
           stripe_request_id = excluded.stripe_request_id, livemode = excluded.livemode,
           created = excluded.created, status = excluded.status, paid = excluded.paid,
           captured = excluded.captured, amount = excluded.amount,
           amount_captured = excluded.amount_captured, amount_refunded = excluded.amount_refunded,
           currency = excluded.currency, refunded = excluded.refunded,
           disputed = excluded.disputed, balance_transaction_id = excluded.balance_transaction_id,
           payment_intent_id = excluded.payment_intent_id, description = excluded.description,
           payer_name = excluded.payer_name, payer_email = excluded.payer_email,
           receipt_email = excluded.receipt_email, receipt_url = excluded.receipt_url,
           method = excluded.method, brand = excluded.brand, last4 = excluded.last4,
           country = excluded.country, wallet = excluded.wallet,
           failure_code = excluded.failure_code, failure_message = excluded.failure_message,
           outcome_type = excluded.outcome_type,
           statement_descriptor = excluded.statement_descriptor,
           application_fee_amount = excluded.application_fee_amount, row_hash = excluded.row_hash,
           next_check_at = excluded.next_check_at
     WHERE c.row_hash IS DISTINCT FROM excluded.row_hash)sql";

}  // namespace

bool is_final(const Charge& charge) {
    if (charge.status == "pending")
        return false;
    if (charge.status != "succeeded" || charge.refunded)
        return true;
    return charge.captured && charge.balance_transaction_id.has_value();
}

std::vector<Charge> save_charges(pqxx::work& tx, const Read& read,
                                 const std::vector<Charge>& charges) {
    if (charges.empty())
        return {};
    Column ids;
    std::vector<const stripe::BalanceTransaction*> ledger;
    // A charge may come twice, and an upsert takes each only once.
    std::map<std::string, const Charge*> by_id;
    for (const auto& charge : charges) {
        ids.add(charge.id);
        by_id[charge.id] = &charge;
        if (charge.balance_transaction)
            ledger.push_back(&*charge.balance_transaction);
    }
    const auto stored = stored_hashes(tx, read.account_id, ids);
    std::vector<Charge> changed;
    for (const auto& [id, charge] : by_id) {
        const auto known = stored.find(id);
        if (known == stored.end() || known->second != fingerprint(*charge))
            changed.push_back(*charge);
    }
    save_balance_transactions(tx, read, ledger);
    if (changed.empty())
        return changed;
    auto params = columns_of(changed);
    params.insert(params.begin(), {read.account_id, read.stripe_request_id});
    tx.exec_params(kUpsert, pqxx::prepare::make_dynamic_params(params));
    return changed;
}

void add_history(pqxx::work& tx, const Read& read, const std::vector<std::string>& charge_ids) {
    tx.exec_params0(R"sql(
        INSERT INTO pay_private.charge_history
               (account_id, charge_id, version, status, amount_captured, amount_refunded, disputed,
                balance_transaction_id, request_id, row_hash, read_at, source, stripe_request_id)
        SELECT c.account_id, c.charge_id,
               1 + coalesce((SELECT max(h.version) FROM pay_private.charge_history h
                              WHERE h.account_id = c.account_id AND h.charge_id = c.charge_id), 0),
               c.status, c.amount_captured, c.amount_refunded, c.disputed,
               c.balance_transaction_id, c.request_id, c.row_hash, c.read_at, $3,
               c.stripe_request_id
          FROM pay_private.charge c
         WHERE c.account_id = $1 AND c.charge_id = ANY ($2::text[]))sql",
                    read.account_id, text_array(charge_ids), read.source);
}

}  // namespace paysync::reconciliation::store
