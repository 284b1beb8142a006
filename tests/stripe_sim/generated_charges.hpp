// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/account.hpp"
#include "tests/stripe_sim/charge_plan.hpp"
#include "tests/stripe_sim/charge_templates.hpp"
#include "tests/stripe_sim/clock.hpp"
#include "tests/stripe_sim/generated_ids.hpp"

#include <memory>
#include <string>

namespace stripe_sim {

/// The computed charges of one account, and all objects that follow from them.
struct GeneratedCharges {
    ChargePlan plan;
    GeneratedIds ids;
    /// Part of every id, as a part of the account's id is in Stripe's ids.
    std::string tag;
    std::string account;
    std::shared_ptr<const ChargeTemplates> templates;
    const Clock& clock;

    GeneratedCharges(const ChargeShape& shape, uint64_t key, std::string id_tag,
                     std::string account_id, std::shared_ptr<const ChargeTemplates> forms,
                     const Clock& time);

    /// Gives the account sources for charges, payment intents, balance transactions, refunds and
    /// disputes.
    static void attach(const std::shared_ptr<const GeneratedCharges>& charges, Account& account);
    /// The tag in the id of a computed object; empty if the id has another form.
    static std::string_view tag_of(std::string_view id);

    /// Sets the slots of this charge.
    void fill(uint64_t charge, uint32_t slots, SlotValues& values) const;
    /// The charge whose id has this part; nothing if there is none.
    std::optional<uint64_t> decode(Slot slot, std::string_view text) const;

private:
    void write_id(uint64_t charge, Slot slot, char* out) const;
};

}  // namespace stripe_sim
