// SPDX-License-Identifier: MIT
#include "jobs/stripe/payout.hpp"

#include "jobs/stripe/json.hpp"

namespace paysync::stripe {

Payout read_payout(const Object& object) {
    object.expect_type("payout");
    Payout payout;
    payout.id = object.text("id");
    payout.amount = object.integer("amount");
    payout.arrival_date = object.integer("arrival_date");
    payout.automatic = object.flag("automatic");
    payout.balance_transaction = object.opt_reference("balance_transaction");
    payout.created = object.integer("created");
    payout.currency = object.text("currency");
    payout.destination = object.opt_reference("destination");
    payout.failure_balance_transaction = object.opt_reference("failure_balance_transaction");
    payout.failure_code = object.opt_text("failure_code");
    payout.failure_message = object.opt_text("failure_message");
    payout.livemode = object.flag("livemode");
    payout.method = object.text("method");
    payout.reconciliation_status = object.text("reconciliation_status");
    payout.statement_descriptor = object.opt_text("statement_descriptor");
    payout.status = object.text("status");
    if (const auto trace = object.opt_object("trace_id")) {
        payout.trace_id = trace->opt_text("value");
        payout.trace_id_status = trace->opt_text("status");
    }
    payout.type = object.text("type");
    return payout;
}

}  // namespace paysync::stripe
