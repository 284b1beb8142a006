// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/charges_store.hpp"

#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "jobs/reconciliation/fees_store.hpp"
#include "jobs/reconciliation/matching_store.hpp"
#include "jobs/reconciliation/mirrored_kind.hpp"
#include "jobs/stripe/charge.hpp"

#include <pqxx/pqxx>

namespace paysync::reconciliation::store {

namespace {

using stripe::Charge;

std::optional<std::string> method_of(const Charge& charge) {
    return charge.method ? std::optional(charge.method->type) : std::nullopt;
}

/// A detail of the payment method; nothing without one.
template <std::optional<std::string> stripe::PaymentMethod::*detail>
std::optional<std::string> method_detail(const Charge& charge) {
    return charge.method ? (*charge.method).*detail : std::nullopt;
}

void fingerprint_charge(const Charge& charge, MirrorRow& row) {
    row.add_to_fingerprint(charge.request_id());
}

/// A charge that failed or was refunded in full is final, and so is one whose money is in the
/// ledger.
std::optional<Recheck> charge_recheck(const Charge& charge) {
    bool is_final = charge.captured && charge.balance_transaction_id.has_value();
    if (charge.status == "pending")
        is_final = false;
    else if (charge.status != "succeeded" || charge.refunded)
        is_final = true;
    return is_final ? std::nullopt : std::optional(Recheck());
}

std::vector<stripe::BalanceTransaction> charge_ledger_rows(const Charge& charge) {
    if (!charge.balance_transaction)
        return {};
    return {*charge.balance_transaction};
}

/// Adds a version to the history of each of these charges, as its row is now. Returns the charges
/// that belong to a request.
std::vector<std::string> add_history(pqxx::work& tx, const AccountRead& read,
                                     const std::vector<std::string>& charge_ids) {
    std::vector<std::string> of_requests;
    for (const auto& row :
         db::execute(tx, R"sql(
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
                     read.account_id, text_array(charge_ids), to_string(read.source)))
        of_requests.push_back(text(row[0]));
    return of_requests;
}

std::vector<SettledRequest> after_charge_change(pqxx::work& tx, const AccountRead& read,
                                                const std::vector<const Charge*>& changed) {
    std::vector<PaymentClaim> claims;
    std::vector<std::string> fees, ids;
    for (const auto* charge : changed) {
        ids.push_back(charge->id);
        if (charge->application_fee && charge->amount_refunded > 0)
            fees.push_back(*charge->application_fee);
        if (const auto request_id = charge->request_id(); request_id && is_request_id(*request_id))
            claims.push_back({charge->id, *request_id});
    }
    if (!fees.empty())
        schedule_fee_rereads(tx, fees);
    match_charges(tx, read.account_id, claims, "metadata");
    return settle_requests(tx, read.account_id, add_history(tx, read, ids));
}

// request_id and matched_by are not among the columns: they are ours, not Stripe's.
const MirroredKind<Charge>& charge_mapping() {
    using Method = stripe::PaymentMethod;
    static const MirroredKind<Charge> kMapping(
        kCharges, {.read = &stripe::read_charge,
                   .columns =
                       {
                           column<&Charge::livemode>("livemode"),
                           column<&Charge::created>("created", kTime),
                           column<&Charge::status>("status"),
                           column<&Charge::paid>("paid"),
                           column<&Charge::captured>("captured"),
                           column<&Charge::amount>("amount"),
                           column<&Charge::amount_captured>("amount_captured"),
                           column<&Charge::amount_refunded>("amount_refunded"),
                           column<&Charge::currency>("currency"),
                           column<&Charge::refunded>("refunded"),
                           column<&Charge::disputed>("disputed"),
                           column<&Charge::balance_transaction_id>("balance_transaction_id"),
                           column<&Charge::payment_intent>("payment_intent_id"),
                           column<&Charge::description>("description"),
                           column<&Charge::payer_name>("payer_name"),
                           column<&Charge::payer_email>("payer_email"),
                           column<&Charge::receipt_email>("receipt_email"),
                           column<&Charge::receipt_url>("receipt_url"),
                           column<&method_of>("method"),
                           column<&method_detail<&Method::brand>>("brand"),
                           column<&method_detail<&Method::last4>>("last4"),
                           column<&method_detail<&Method::country>>("country"),
                           column<&method_detail<&Method::wallet>>("wallet"),
                           column<&Charge::failure_code>("failure_code"),
                           column<&Charge::failure_message>("failure_message"),
                           column<&Charge::outcome_type>("outcome_type"),
                           column<&Charge::statement_descriptor>("statement_descriptor"),
                           column<&Charge::application_fee_amount>("application_fee_amount"),
                       },
                   .fingerprint = &fingerprint_charge,
                   .recheck = &charge_recheck,
                   .ledger_rows = &charge_ledger_rows,
                   .after_change = &after_charge_change});
    return kMapping;
}

std::unique_ptr<ObjectBatch> new_charge_batch(std::optional<bool> livemode) {
    return charge_mapping().new_batch(livemode);
}

/// Charges that a refund or a dispute names and that are older than the horizon. A charge that
/// Stripe was seen not to know is not asked for again.
std::vector<std::string> missing_charges(pqxx::work& tx, const std::string& account_id, int limit) {
    std::vector<std::string> ids;
    for (const auto& row : db::execute(tx, R"sql(
        SELECT DISTINCT n.charge_id
          FROM (SELECT charge_id FROM pay_private.refund WHERE account_id = $1
                UNION ALL SELECT charge_id FROM pay_private.dispute WHERE account_id = $1) n
         WHERE n.charge_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM pay_private.charge c
                            WHERE c.account_id = $1 AND c.charge_id = n.charge_id)
           AND NOT EXISTS (SELECT FROM pay_private.quarantine q
                            WHERE q.account_id = $1 AND q.stream = $3 AND q.object_id = n.charge_id)
           AND NOT EXISTS (SELECT FROM pay_private.discrepancy d
                            WHERE d.account_id = $1 AND d.kind = 'charge_vanished' AND d.subject = n.charge_id)
         LIMIT $2)sql",
                                       account_id, limit, kCharges.stream))
        ids.push_back(text(row[0]));
    return ids;
}

std::vector<SettledRequest> after_charge_gone(pqxx::work& tx, const std::string& account_id,
                                              const std::string& id) {
    return settle_requests(tx, account_id, {id});
}

}  // namespace

constinit const StreamKind kCharges = {.stream = "charges",
                                       .object = "charge",
                                       .path = "/v1/charges",
                                       .table = "pay_private.charge",
                                       .id_column = "charge_id",
                                       .expand = "balance_transaction",
                                       .hurried_by_links = true,
                                       .extra = StreamKind::Extra::match_by_session,
                                       .new_batch = &new_charge_batch,
                                       .missing_ids = &missing_charges,
                                       .after_gone = &after_charge_gone};

void schedule_charge_rechecks(pqxx::work& tx, const std::string& account_id,
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

}  // namespace paysync::reconciliation::store
