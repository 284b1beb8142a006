// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/generated_charges.hpp"

#include "tests/stripe_sim/charge_source.hpp"
#include "tests/stripe_sim/currency.hpp"

#include <cstring>

namespace stripe_sim {
namespace {

constexpr size_t kTagAt = GeneratedIds::kNumberDigits;
constexpr size_t kCheckAt = kTagAt + GeneratedIds::kTagDigits;
constexpr size_t kChargeIdSize = kCheckAt + GeneratedIds::kMostCheckDigits;

}  // namespace

GeneratedCharges::GeneratedCharges(const ChargeShape& shape, uint64_t key, std::string id_tag,
                                   std::string account_id,
                                   std::shared_ptr<const ChargeTemplates> forms, const Clock& time)
    : plan(shape, key),
      ids(key),
      tag(std::move(id_tag)),
      account(std::move(account_id)),
      templates(std::move(forms)),
      clock(time) {}

void GeneratedCharges::attach(const std::shared_ptr<const GeneratedCharges>& charges,
                              Account& account) {
    auto add = [&](Collection& collection, ChargeObject object) {
        collection.add_source(std::make_shared<ChargeSource>(charges, object));
    };
    add(account.charges, ChargeObject::kCharge);
    add(account.payment_intents, ChargeObject::kIntent);
    add(account.transactions, ChargeObject::kRow);
    if (charges->plan.refunds().picked() > 0) {
        add(account.refunds, ChargeObject::kRefund);
        add(account.transactions, ChargeObject::kRefundRow);
    }
    if (charges->plan.disputes().picked() > 0) {
        add(account.disputes, ChargeObject::kDispute);
        add(account.transactions, ChargeObject::kDisputeRow);
    }
}

std::string_view GeneratedCharges::tag_of(std::string_view id) {
    size_t body = id.find('_') + 2;
    return id.size() == body + kChargeIdSize ? id.substr(body + kTagAt, GeneratedIds::kTagDigits)
                                             : std::string_view();
}

void GeneratedCharges::write_id(uint64_t charge, Slot slot, char* out) const {
    std::memcpy(out + kTagAt, tag.data(), GeneratedIds::kTagDigits);
    ids.write_check(charge, static_cast<uint64_t>(slot), GeneratedIds::kMostCheckDigits,
                    out + kCheckAt);
}

std::optional<uint64_t> GeneratedCharges::decode(Slot slot, std::string_view text) const {
    if (text.size() != kChargeIdSize) {
        return std::nullopt;
    }
    auto charge = ids.read_number(text.substr(0, kTagAt));
    if (!charge || *charge >= plan.count()) {
        return std::nullopt;
    }
    char exact[kChargeIdSize];
    ids.write_number(*charge, exact);
    write_id(*charge, slot, exact);
    return text == std::string_view(exact, kChargeIdSize) ? charge : std::nullopt;
}

void GeneratedCharges::fill(uint64_t charge, uint32_t slots, SlotValues& values) const {
    char number[GeneratedIds::kNumberDigits];
    ids.write_number(charge, number);
    for (uint32_t left = slots & kIdSlots & ~bit(Slot::kAccountId); left != 0; left &= left - 1) {
        auto slot = static_cast<Slot>(__builtin_ctz(left));
        SlotValues::Value& value = values[slot];
        std::memcpy(value.text.data(), number, sizeof(number));
        write_id(charge, slot, value.text.data());
        value.size = kChargeIdSize;
    }
    auto wants = [&](Slot slot) { return (slots & bit(slot)) != 0; };
    auto set = [&](Slot slot, int64_t value) {
        if (wants(slot)) {
            values[slot].set(value);
        }
    };
    if (wants(Slot::kIntentSecret)) {
        SlotValues::Value& secret = values[Slot::kIntentSecret];
        std::memcpy(secret.text.data(), number, sizeof(number));
        ids.write_check(charge, 40, 8, secret.text.data() + 8);
        ids.write_check(charge, 41, 8, secret.text.data() + 16);
        secret.size = 24;
    }
    if (wants(Slot::kAccountId)) {
        std::memcpy(values[Slot::kAccountId].text.data(), account.data(), account.size());
        values[Slot::kAccountId].size = account.size();
    }
    int64_t amount = plan.amount(charge);
    int64_t fee = processing_fee(amount);
    set(Slot::kNumber, static_cast<int64_t>(charge));
    set(Slot::kAmount, amount);
    set(Slot::kMinusAmount, -amount);
    set(Slot::kFee, fee);
    set(Slot::kNet, amount - fee);
    set(Slot::kRefunded, amount / 2);
    set(Slot::kMinusRefunded, -(amount / 2));
    set(Slot::kDisputeNet, -amount - templates->dispute_fee());
}

}  // namespace stripe_sim
