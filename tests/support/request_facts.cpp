// SPDX-License-Identifier: MIT
#include "tests/support/request_facts.hpp"

namespace paysync::test {
namespace {

using stripe_sim::bool_of;
using stripe_sim::int_of;
using stripe_sim::Json;
using stripe_sim::text_of;

std::string request_of(const Json& object) {
    return text_of(object["metadata"], "request_id");
}

ChargeFacts charge_facts(const Json& object) {
    return {.charge_id = text_of(object, "id"),
            .status = text_of(object, "status"),
            .captured = bool_of(object, "captured"),
            .released = bool_of(object, "refunded") && !bool_of(object, "captured"),
            .amount = int_of(object, "amount"),
            .amount_captured = int_of(object, "amount_captured"),
            .amount_refunded = int_of(object, "amount_refunded")};
}

std::int64_t total(stripe_sim::Account& account, const std::string& link) {
    std::int64_t sum = 0;
    for (const auto& item : account.line_items[link])
        sum += int_of(Json::parse(*item), "amount_total");
    return sum;
}

}  // namespace

StripeFacts::StripeFacts(stripe_sim::World& world, const std::vector<std::string>& accounts) {
    const auto lock = world.lock();
    for (const auto& id : accounts)
        read(world, world.account(id));
}

void StripeFacts::read(stripe_sim::World& world, stripe_sim::Account& account) {
    std::map<std::string, std::vector<ChargeFacts::Dispute>> disputes;
    account.disputes.each([&](stripe_sim::Record& record) {
        const Json object = record.json();
        disputes[text_of(object, "charge")].push_back(
            {text_of(object, "status"), int_of(object, "amount")});
    });
    account.charges.each([&](stripe_sim::Record& record) {
        const Json object = record.json();
        if (const auto request = request_of(object); !request.empty()) {
            auto facts = charge_facts(object);
            facts.disputes = disputes[record.id];
            charges[request].push_back(std::move(facts));
        }
    });
    account.payment_links.each([&](stripe_sim::Record& record) {
        const Json object = record.json();
        if (const auto request = request_of(object); !request.empty())
            links[request].push_back({.link_id = record.id,
                                      .account_id = account.id,
                                      .payable = world.link_open(object),
                                      .amount = total(account, record.id)});
    });
}

}  // namespace paysync::test
