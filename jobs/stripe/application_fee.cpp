// SPDX-License-Identifier: MIT
#include "jobs/stripe/application_fee.hpp"

#include "jobs/stripe/json.hpp"

namespace paysync::stripe {

ApplicationFee read_application_fee(const Object& object) {
    object.expect_type("application_fee");
    ApplicationFee fee;
    fee.id = object.text("id");
    fee.account = object.reference("account");
    fee.amount = object.integer("amount");
    fee.amount_refunded = object.integer("amount_refunded");
    fee.balance_transaction = object.opt_reference("balance_transaction");
    fee.charge = object.opt_reference("charge");
    fee.created = object.integer("created");
    fee.currency = object.text("currency");
    return fee;
}

}  // namespace paysync::stripe
