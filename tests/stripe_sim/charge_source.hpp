// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/generated_charges.hpp"
#include "tests/stripe_sim/generated_source.hpp"

#include <memory>
#include <vector>

namespace stripe_sim {

/// The computed objects of one kind that follow from an account's computed charges.
class ChargeSource : public GeneratedSource {
public:
    ChargeSource(std::shared_ptr<const GeneratedCharges> charges, ChargeObject object,
                 bool with_row = false);

    uint64_t size() const override;
    uint64_t count() const override { return count_; }
    bool exists(uint64_t position) const override;
    int64_t created(uint64_t position) const override;
    Numbers numbers(uint64_t position) const override;
    const Source* inlined(std::string_view member) const override;

protected:
    const std::vector<const RecordTemplate*>& templates() const override { return templates_; }
    const RecordTemplate& template_of(uint64_t position) const override;
    void fill(uint64_t position, uint32_t slots, SlotValues& values) const override;
    std::optional<uint64_t> decode(Slot slot, std::string_view text) const override;
    const GeneratedTemplate& text_template(uint64_t position) const override;

private:
    uint64_t charge_at(uint64_t position) const;
    Fate fate_at(uint64_t position) const;
    /// The spread whose ranks are the positions; null if positions are numbers of charges.
    const Spread* spread() const;

    std::shared_ptr<const GeneratedCharges> charges_;
    ChargeObject object_;
    uint64_t count_ = 0;
    std::vector<const RecordTemplate*> templates_;
    bool with_row_;
    std::unique_ptr<const ChargeSource> inlined_;
};

}  // namespace stripe_sim
