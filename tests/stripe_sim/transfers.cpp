// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/transfers.hpp"

#include "tests/stripe_sim/application_fees.hpp"
#include "tests/stripe_sim/objects.hpp"

namespace stripe_sim {
namespace {

/// The payment that the transfer becomes on the receiving account.
Record& destination_payment(World& world, Account& seller, const Json& charge,
                            const Json& transfer) {
    Json payment = blank_charge();
    std::string id = world.ids().next("py_1");
    payment["id"] = id;
    payment["amount"] = payment["amount_captured"] = transfer["amount"];
    payment["application_fee_amount"] = charge["application_fee_amount"];
    payment["captured"] = payment["paid"] = true;
    payment["created"] = world.now();
    payment["currency"] = transfer["currency"];
    payment["source_transfer"] = transfer["id"];
    payment["status"] = "succeeded";
    payment["balance_transaction"] =
        world
            .post(seller, {.type = "payment",
                           .category = "charge",
                           .amount = int_of(transfer, "amount"),
                           .currency = text_of(transfer, "currency"),
                           .source = id,
                           .description = "",
                           .application_fee = int_of(charge, "application_fee_amount")})
            .id;
    std::string fee = take_application_fee(world, seller, payment);
    payment["application_fee"] = fee.empty() ? Json() : Json(fee);
    return world.add(seller.charges, payment,
                     {{"payment_intent", ""}, {"customer", ""}, {"transfer_group", ""}});
}

}  // namespace

void transfer_charge(World& world, Record& charge) {
    Json object = charge.json();
    Json data = member(object, "transfer_data");
    if (!data.is_object()) {
        return;
    }
    Account& platform = world.platform();
    std::string destination = text_of(data, "destination");
    Account* seller = world.access(destination);
    if (seller == nullptr) {
        throw resource_missing("destination", destination, "transfer_data[destination]");
    }
    std::string id = world.ids().next("tr_1");
    int64_t amount = int_of(data, "amount", int_of(object, "amount"));
    std::string group =
        text_of(object, "transfer_group", "group_" + text_of(object, "payment_intent"));
    Json transfer = blank_transfer();
    transfer["id"] = id;
    transfer["amount"] = amount;
    transfer["created"] = world.now();
    transfer["currency"] = object["currency"];
    transfer["destination"] = destination;
    transfer["metadata"] = Json::object();
    transfer["reversals"]["url"] = "/v1/transfers/" + id + "/reversals";
    transfer["source_transaction"] = charge.id;
    transfer["transfer_group"] = group;
    transfer["balance_transaction"] = world
                                          .post(platform, {.type = "transfer",
                                                           .category = "transfer",
                                                           .amount = -amount,
                                                           .currency = text_of(object, "currency"),
                                                           .source = id,
                                                           .description = ""})
                                          .id;
    transfer["destination_payment"] = destination_payment(world, *seller, object, transfer).id;
    Record& made = world.add(platform.transfers, transfer,
                             {{"destination", destination}, {"transfer_group", group}});
    world.emit(platform, "transfer.created", *made.text);
    charge.set_field("transfer_group", group);
    world.change(charge, [&](Json& changed) {
        changed["transfer"] = id;
        changed["transfer_group"] = group;
    });
}

}  // namespace stripe_sim
