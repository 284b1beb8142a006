// SPDX-License-Identifier: MIT
#include "jobs/stripe/refund.hpp"

#include "jobs/stripe/json.hpp"

namespace paysync::stripe {

Refund read_refund(const Object& object) {
    object.expect_type("refund");
    Refund refund;
    refund.id = object.text("id");
    refund.amount = object.integer("amount");
    refund.balance_transaction = object.opt_reference("balance_transaction");
    refund.charge = object.opt_reference("charge");
    refund.created = object.integer("created");
    refund.currency = object.text("currency");
    refund.failure_balance_transaction = object.opt_reference("failure_balance_transaction");
    refund.failure_reason = object.opt_text("failure_reason");
    refund.payment_intent = object.opt_reference("payment_intent");
    refund.reason = object.opt_text("reason");
    refund.status = object.opt_text("status");
    return refund;
}

}  // namespace paysync::stripe
