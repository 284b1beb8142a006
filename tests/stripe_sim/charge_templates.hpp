// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/charge_plan.hpp"
#include "tests/stripe_sim/generated_template.hpp"
#include "tests/stripe_sim/options.hpp"

#include <array>
#include <memory>
#include <string>

namespace stripe_sim {

/// The kinds of computed objects that follow from a charge.
enum class ChargeObject : uint8_t {
    kCharge,
    kIntent,
    kRow,
    kRefund,
    kRefundRow,
    kDispute,
    kDisputeRow,
    kCount
};

/// The templates of computed charges and of the objects that follow from them.
class ChargeTemplates {
public:
    /// The seller, and the members that all charges share. `{number}` in the description and in the
    /// metadata becomes the charge's number.
    struct Seller {
        bool platform = false;
        std::string country;
        std::string currency;
        std::string public_url;
        Json description;
        Json metadata = Json::object();
    };

    /// Plays each fate once in a world of its own and keeps the objects as templates.
    ChargeTemplates(const Options& options, const Seller& seller);

    const RecordTemplate& of(ChargeObject object, Fate fate) const;
    bool has(ChargeObject object, Fate fate) const;
    /// The charge with its balance transaction expanded.
    const GeneratedTemplate& charge_with_row(Fate fate) const;
    const std::string& currency() const { return currency_; }
    int64_t dispute_fee() const { return dispute_fee_; }

private:
    static constexpr size_t kFates = static_cast<size_t>(Fate::kCount);
    using Row = std::array<std::unique_ptr<RecordTemplate>, kFates>;
    class Stage;

    std::unique_ptr<RecordTemplate>& place(ChargeObject object, Fate fate);

    std::array<Row, static_cast<size_t>(ChargeObject::kCount)> made_;
    std::array<GeneratedTemplate, kFates> with_row_;
    std::string currency_;
    int64_t dispute_fee_ = 0;
};

}  // namespace stripe_sim
