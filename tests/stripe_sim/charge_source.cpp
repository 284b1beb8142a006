// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/charge_source.hpp"

#include "tests/stripe_sim/currency.hpp"

namespace stripe_sim {

ChargeSource::ChargeSource(std::shared_ptr<const GeneratedCharges> charges, ChargeObject object,
                           bool with_row)
    : GeneratedSource(charges->clock),
      charges_(std::move(charges)),
      object_(object),
      with_row_(with_row) {
    for (size_t i = 0; i < static_cast<size_t>(Fate::kCount); ++i) {
        auto fate = static_cast<Fate>(i);
        if (charges_->templates->has(object_, fate)) {
            templates_.push_back(&charges_->templates->of(object_, fate));
        }
    }
    if (object_ == ChargeObject::kRow) {
        count_ = size() - charges_->plan.failures().picked();
    } else if (spread() == nullptr) {
        count_ = size();
    } else {
        for (uint64_t i = 0; i < size(); ++i) {
            count_ += exists(i) ? 1U : 0U;
        }
    }
    if (object_ == ChargeObject::kCharge && !with_row_) {
        inlined_ = std::make_unique<ChargeSource>(charges_, object_, true);
    }
}

const Spread* ChargeSource::spread() const {
    switch (object_) {
        case ChargeObject::kRefund:
        case ChargeObject::kRefundRow:
            return &charges_->plan.refunds();
        case ChargeObject::kDispute:
        case ChargeObject::kDisputeRow:
            return &charges_->plan.disputes();
        default:
            return nullptr;
    }
}

uint64_t ChargeSource::size() const {
    const Spread* picks = spread();
    return picks == nullptr ? charges_->plan.count() : picks->picked();
}

uint64_t ChargeSource::charge_at(uint64_t position) const {
    const Spread* picks = spread();
    return picks == nullptr ? position : picks->at(position);
}

Fate ChargeSource::fate_at(uint64_t position) const {
    return charges_->plan.fate(charge_at(position));
}

bool ChargeSource::exists(uint64_t position) const {
    if (object_ == ChargeObject::kCharge || object_ == ChargeObject::kIntent) {
        return true;
    }
    return charges_->templates->has(object_, fate_at(position));
}

int64_t ChargeSource::created(uint64_t position) const {
    const Spread* picks = spread();
    return picks == nullptr ? charges_->plan.created(position)
                            : charges_->plan.created_after(*picks, position);
}

const RecordTemplate& ChargeSource::template_of(uint64_t position) const {
    return charges_->templates->of(object_, fate_at(position));
}

const GeneratedTemplate& ChargeSource::text_template(uint64_t position) const {
    Fate fate = fate_at(position);
    return with_row_ ? charges_->templates->charge_with_row(fate)
                     : charges_->templates->of(object_, fate).text;
}

void ChargeSource::fill(uint64_t position, uint32_t slots, SlotValues& values) const {
    charges_->fill(charge_at(position), slots, values);
}

std::optional<uint64_t> ChargeSource::decode(Slot slot, std::string_view text) const {
    auto charge = charges_->decode(slot, text);
    const Spread* picks = spread();
    return charge && picks != nullptr ? picks->rank(*charge) : charge;
}

Numbers ChargeSource::numbers(uint64_t position) const {
    uint64_t charge = charge_at(position);
    int64_t amount = charges_->plan.amount(charge);
    Fate fate = charges_->plan.fate(charge);
    int64_t refunded = fate == Fate::kRefunded         ? amount
                       : fate == Fate::kPartlyRefunded ? amount / 2
                                                       : 0;
    Numbers out;
    out.currency = charges_->templates->currency();
    out.count = 1;
    switch (object_) {
        case ChargeObject::kCharge:
        case ChargeObject::kIntent:
            out.amount = amount;
            out.refunded = refunded;
            out.failed = fate == Fate::kFailed ? 1 : 0;
            break;
        case ChargeObject::kRow:
            out.amount = amount;
            out.fee = processing_fee(amount);
            break;
        case ChargeObject::kRefund:
            out.amount = refunded;
            break;
        case ChargeObject::kRefundRow:
            out.amount = -refunded;
            break;
        case ChargeObject::kDispute:
            out.amount = amount;
            break;
        case ChargeObject::kDisputeRow:
            out.amount = -amount;
            out.fee = charges_->templates->dispute_fee();
            break;
        case ChargeObject::kCount:
            break;
    }
    out.net = out.amount - out.fee;
    return out;
}

const Source* ChargeSource::inlined(std::string_view member) const {
    return member == "balance_transaction" ? inlined_.get() : nullptr;
}

}  // namespace stripe_sim
