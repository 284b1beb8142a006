// SPDX-License-Identifier: MIT
#include "jobs/stripe/balance_transaction.hpp"

#include "jobs/stripe/json.hpp"

namespace paysync::stripe {

namespace {

FeeDetail read_fee_detail(const Object& object) {
    FeeDetail detail;
    detail.type = object.text("type");
    detail.amount = object.integer("amount");
    detail.currency = object.text("currency");
    detail.application = object.opt_text("application");
    detail.description = object.opt_text("description");
    return detail;
}

}  // namespace

BalanceTransaction read_balance_transaction(const Object& object) {
    object.expect_type("balance_transaction");
    BalanceTransaction transaction;
    transaction.id = object.text("id");
    transaction.amount = object.integer("amount");
    transaction.available_on = object.integer("available_on");
    transaction.balance_type = object.opt_text("balance_type");
    transaction.created = object.integer("created");
    transaction.currency = object.text("currency");
    transaction.description = object.opt_text("description");
    transaction.exchange_rate = object.opt_decimal("exchange_rate");
    transaction.fee = object.integer("fee");
    for (const Object& detail : object.objects("fee_details"))
        transaction.fee_details.push_back(read_fee_detail(detail));
    transaction.net = object.integer("net");
    transaction.reporting_category = object.text("reporting_category");
    transaction.source = object.opt_reference("source");
    transaction.status = object.text("status");
    transaction.type = object.text("type");
    return transaction;
}

}  // namespace paysync::stripe
