// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/charges_store.hpp"

#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "jobs/reconciliation/ledger_store.hpp"

#include <pqxx/pqxx>

#include <set>

namespace paysync::reconciliation::store {

namespace {

using stripe::Charge;

// request_id and matched_by are not among them: they are ours, not Stripe's.
const Mirror& charges_mirror() {
    static const Mirror kMirror(kind_of(kCharges), {{"livemode", "boolean"},
                                                    {"created", "time"},
                                                    {"status"},
                                                    {"paid", "boolean"},
                                                    {"captured", "boolean"},
                                                    {"amount", "bigint"},
                                                    {"amount_captured", "bigint"},
                                                    {"amount_refunded", "bigint"},
                                                    {"currency"},
                                                    {"refunded", "boolean"},
                                                    {"disputed", "boolean"},
                                                    {"balance_transaction_id"},
                                                    {"payment_intent_id"},
                                                    {"description"},
                                                    {"payer_name"},
                                                    {"payer_email"},
                                                    {"receipt_email"},
                                                    {"receipt_url"},
                                                    {"method"},
                                                    {"brand"},
                                                    {"last4"},
                                                    {"country"},
                                                    {"wallet"},
                                                    {"failure_code"},
                                                    {"failure_message"},
                                                    {"outcome_type"},
                                                    {"statement_descriptor"},
                                                    {"application_fee_amount", "bigint"}});
    return kMirror;
}

MirrorRow row_of(const Sighting<Charge>& seen) {
    const Charge& c = seen.object;
    const auto method = c.method.value_or(stripe::PaymentMethod());
    MirrorRow row(c.id, *seen.answer);
    row.add(c.livemode).add(c.created).add(c.status).add(c.paid).add(c.captured).add(c.amount);
    row.add(c.amount_captured).add(c.amount_refunded).add(c.currency).add(c.refunded);
    row.add(c.disputed).add(c.balance_transaction_id).add(c.payment_intent).add(c.description);
    row.add(c.payer_name).add(c.payer_email).add(c.receipt_email).add(c.receipt_url);
    row.add(c.method ? std::optional(method.type) : std::nullopt).add(method.brand);
    row.add(method.last4).add(method.country).add(method.wallet).add(c.failure_code);
    row.add(c.failure_message).add(c.outcome_type).add(c.statement_descriptor);
    row.add(c.application_fee_amount).also(c.request_id());
    if (!is_final(c))
        row.may_change(kForEver);
    return row;
}

}  // namespace

bool is_final(const Charge& charge) {
    if (charge.status == "pending")
        return false;
    if (charge.status != "succeeded" || charge.refunded)
        return true;
    return charge.captured && charge.balance_transaction_id.has_value();
}

std::vector<Charge> save_charges(pqxx::work& tx, const Read& read,
                                 const std::vector<Sighting<Charge>>& charges) {
    const auto ids = save(tx, read, charges_mirror(), charges, row_of);
    std::set<std::string> written(ids.begin(), ids.end());
    std::vector<Charge> changed;
    std::vector<Sighting<stripe::BalanceTransaction>> ledger;
    for (auto seen = charges.rbegin(); seen != charges.rend(); ++seen) {
        const Charge& charge = seen->object;
        const bool differs = written.erase(charge.id) > 0;
        if (differs)
            changed.push_back(charge);
        // What happens to the ledger row of a charge that stays as it is, its own stream tells.
        if (charge.balance_transaction && (differs || read.source == "object"))
            ledger.push_back({*charge.balance_transaction, seen->answer});
    }
    save_accompanying(tx, read, ledger);
    return changed;
}

void look_at_charges(pqxx::work& tx, const std::string& account_id,
                     const std::vector<std::string>& charge_ids) {
    db::execute(tx, R"sql(
        WITH behind AS (
            UPDATE pay_private.charge c SET next_check_at = now()
              FROM unnest($2::text[]) AS asked (id)
             WHERE c.account_id = $1 AND c.charge_id = asked.id AND c.gone_at IS NULL
               AND (c.amount_refunded <> (
                        SELECT coalesce(sum(r.amount), 0) FROM pay_private.refund r
                         WHERE r.account_id = c.account_id AND r.charge_id = c.charge_id
                           AND r.gone_at IS NULL
                           AND r.status IN ('succeeded', 'pending', 'requires_action'))
                    OR NOT c.disputed AND EXISTS (
                        SELECT FROM pay_private.dispute d
                         WHERE d.account_id = c.account_id AND d.charge_id = c.charge_id
                           AND d.gone_at IS NULL))
            RETURNING c.charge_id)
        UPDATE pay_private.stream SET next_run_at = least(next_run_at, now())
         WHERE account_id = $1 AND stream = 'charges' AND next_run_at IS NOT NULL
           AND (EXISTS (SELECT FROM behind) OR EXISTS (
                    SELECT FROM unnest($2::text[]) AS asked (id)
                     WHERE NOT EXISTS (SELECT FROM pay_private.charge c
                                        WHERE c.account_id = $1 AND c.charge_id = asked.id))))sql",
                account_id, text_array(charge_ids));
}

std::vector<std::string> add_history(pqxx::work& tx, const Read& read,
                                     const std::vector<std::string>& charge_ids) {
    std::vector<std::string> of_requests;
    for (const auto& row : db::execute(tx, R"sql(
        WITH added AS (
            INSERT INTO pay_private.charge_history
                   (account_id, charge_id, version, status, amount_captured, amount_refunded,
                    disputed, balance_transaction_id, request_id, row_hash, read_at, source,
                    stripe_request_id)
            SELECT c.account_id, c.charge_id,
                   1 + coalesce((SELECT max(h.version) FROM pay_private.charge_history h
                                  WHERE h.account_id = c.account_id
                                    AND h.charge_id = c.charge_id), 0),
                   c.status, c.amount_captured, c.amount_refunded, c.disputed,
                   c.balance_transaction_id, c.request_id, c.row_hash, c.read_at, $3,
                   c.stripe_request_id
              FROM unnest($2::text[]) AS asked (id)
              CROSS JOIN LATERAL (SELECT * FROM pay_private.charge
                                   WHERE account_id = $1 AND charge_id = asked.id OFFSET 0) c
            RETURNING charge_id, request_id)
        SELECT charge_id FROM added WHERE request_id IS NOT NULL)sql",
                                       read.account_id, text_array(charge_ids), read.source))
        of_requests.push_back(text(row[0]));
    return of_requests;
}

}  // namespace paysync::reconciliation::store
