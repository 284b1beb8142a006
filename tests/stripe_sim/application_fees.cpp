// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/application_fees.hpp"

#include "tests/stripe_sim/objects.hpp"

namespace stripe_sim {

std::string take_application_fee(World& world, Account& payer, const Json& charge) {
    int64_t amount = int_of(charge, "application_fee_amount");
    if (amount <= 0) {
        return "";
    }
    Account& platform = world.platform();
    std::string id = world.ids().next("fee_1");
    std::string charge_id = text_of(charge, "id");
    std::string currency = text_of(charge, "currency");
    Record& earning = world.post(platform, {.type = "application_fee",
                                            .category = "platform_earning",
                                            .amount = amount,
                                            .currency = currency,
                                            .source = id,
                                            .description = ""});
    Json fee = blank_application_fee();
    fee["id"] = id;
    fee["account"] = payer.id;
    fee["amount"] = amount;
    fee["application"] = world.options().client_id;
    fee["balance_transaction"] = earning.id;
    fee["charge"] = fee["fee_source"]["charge"] = charge_id;
    fee["created"] = world.now();
    fee["currency"] = currency;
    fee["refunds"]["url"] = "/v1/application_fees/" + id + "/refunds";
    Record& made = world.add(platform.application_fees, fee, {{"charge", charge_id}});
    world.emit(platform, "application_fee.created", *made.text);
    return id;
}

Json refund_application_fee(World& world, const std::string& fee, int64_t amount) {
    auto guard = world.lock();
    Account& platform = world.platform();
    Record* record = platform.application_fees.find(fee);
    if (record == nullptr) {
        throw resource_missing("application_fee", fee, "fee");
    }
    Json object = record->json();
    int64_t left = int_of(object, "amount") - int_of(object, "amount_refunded");
    amount = amount == 0 ? left : amount;
    if (amount < 1 || amount > left) {
        throw invalid_request("Refund amount is greater than the unrefunded fee.", "amount");
    }
    std::string currency = text_of(object, "currency");
    std::string id = world.ids().next("fr_1");
    Record& paid = world.post(platform, {.type = "application_fee_refund",
                                         .category = "platform_earning_refund",
                                         .amount = -amount,
                                         .currency = currency,
                                         .source = id,
                                         .description = ""});
    world.post(world.account(text_of(object, "account")), {.type = "application_fee_refund",
                                                           .category = "charge",
                                                           .amount = amount,
                                                           .currency = currency,
                                                           .source = text_of(object, "charge"),
                                                           .description = "Fee refund",
                                                           .available_on = world.now()});
    Json refund = {{"id", id},
                   {"object", "fee_refund"},
                   {"amount", amount},
                   {"balance_transaction", paid.id},
                   {"created", world.now()},
                   {"currency", currency},
                   {"fee", fee},
                   {"metadata", Json::object()}};
    world.change(*record, [&](Json& changed) {
        changed["amount_refunded"] = int_of(changed, "amount_refunded") + amount;
        changed["refunded"] = changed["amount_refunded"] == changed["amount"];
        Json& refunds = changed["refunds"]["data"];
        refunds.insert(refunds.begin(), refund);
    });
    world.emit(platform, "application_fee.refunded", *record->text);
    return refund;
}

Text find_fee_refund(World& world, const std::string& id) {
    Text found;
    world.platform().application_fees.each([&](Record& record) {
        if (found || record.text->find(id) == std::string::npos) {
            return;
        }
        Json fee = record.json();
        for (const Json& refund : fee["refunds"]["data"]) {
            if (refund["id"] == id) {
                found = to_text(refund);
            }
        }
    });
    return found;
}

}  // namespace stripe_sim
