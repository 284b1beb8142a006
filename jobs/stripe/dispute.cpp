// SPDX-License-Identifier: MIT
#include "jobs/stripe/dispute.hpp"

#include "jobs/stripe/json.hpp"

namespace paysync::stripe {

Dispute read_dispute(const Object& object) {
    object.expect_type("dispute");
    Dispute dispute;
    dispute.id = object.text("id");
    dispute.amount = object.integer("amount");
    for (const Object& row : object.objects("balance_transactions"))
        dispute.balance_transactions.push_back(read_balance_transaction(row));
    dispute.charge = object.opt_reference("charge");
    dispute.created = object.integer("created");
    dispute.currency = object.text("currency");
    if (const auto evidence = object.opt_object("evidence_details"))
        dispute.due_by = evidence->opt_integer("due_by");
    dispute.charge_refundable = object.flag("is_charge_refundable");
    dispute.livemode = object.flag("livemode");
    dispute.network_reason_code = object.opt_text("network_reason_code");
    dispute.payment_intent = object.opt_reference("payment_intent");
    dispute.reason = object.text("reason");
    dispute.status = object.text("status");
    return dispute;
}

}  // namespace paysync::stripe
