// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/record.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stripe_sim {

/// The values that differ from one computed object to the next.
enum class Slot : uint8_t {
    kNone,
    /// A time, given in seconds after the object's creation.
    kTime,
    /// `pending` until a time, given in seconds after the object's creation, then `available`.
    kStatus,
    kAccountId,
    kChargeId,
    kIntentId,
    kIntentSecret,
    kMethodId,
    kRowId,
    kRefundId,
    kRefundRowId,
    kDisputeId,
    kDisputeRowId,
    kNumber,
    kAmount,
    kMinusAmount,
    kFee,
    kNet,
    kRefunded,
    kMinusRefunded,
    kDisputeNet,
    kCount
};

/// The slot as a bit of a set of slots.
constexpr uint32_t bit(Slot slot) {
    return uint32_t{1} << static_cast<unsigned>(slot);
}

/// The slots whose text identifies an object.
constexpr uint32_t kIdSlots = bit(Slot::kAccountId) | bit(Slot::kChargeId) | bit(Slot::kIntentId) |
                              bit(Slot::kMethodId) | bit(Slot::kRowId) | bit(Slot::kRefundId) |
                              bit(Slot::kRefundRowId) | bit(Slot::kDisputeId) |
                              bit(Slot::kDisputeRowId);

/// The values of the slots for one object.
struct SlotValues {
    struct Value {
        size_t size = 0;
        std::array<char, 32> text;
        std::string_view view() const { return {text.data(), size}; }
        void set(int64_t number);
    };
    std::array<Value, static_cast<size_t>(Slot::kCount)> values;
    int64_t created = 0;
    int64_t now = 0;

    Value& operator[](Slot slot) { return values[static_cast<size_t>(slot)]; }
    const Value& operator[](Slot slot) const { return values[static_cast<size_t>(slot)]; }
};

/// The meaning of a sample's values: texts are found anywhere, numbers as whole numbers, and times
/// by their distance from the sample's creation.
struct Sample {
    std::map<std::string, Slot> texts;
    std::map<int64_t, Slot> numbers;
    int64_t created = 0;
    /// How long after its creation a pending sample becomes available.
    std::optional<int64_t> available_after;
};

/// A text with slots, made from a sample object. Computed objects made from it have the form of
/// stored ones, whatever that form is.
class GeneratedTemplate {
public:
    GeneratedTemplate() = default;
    GeneratedTemplate(std::string_view text, const Sample& sample);

    /// A template that is only the status.
    static GeneratedTemplate status(int64_t available_after);

    void render(const SlotValues& values, std::string& out) const;
    /// The slots that it has, as bits.
    uint32_t needs() const { return needs_; }
    /// The whole text, if it has no slots.
    std::optional<std::string_view> constant() const;
    /// The text before the slot, the slot, and the text after it; nothing unless there is exactly
    /// one slot.
    struct Single {
        std::string_view before;
        Slot slot;
        std::string_view after;
    };
    std::optional<Single> single() const;

private:
    struct Piece {
        /// The fixed text before the slot.
        uint32_t start = 0;
        uint32_t size = 0;
        Slot slot = Slot::kNone;
        int64_t delta = 0;
    };

    size_t add_text(std::string_view rest, const Sample& sample);
    size_t add_number(std::string_view text, size_t at, const Sample& sample);
    void add_slot(Slot slot, int64_t delta);

    std::string text_;
    std::vector<Piece> pieces_;
    uint32_t open_ = 0;
    uint32_t needs_ = 0;
};

/// The templates of a record: its text and the values that lists filter by.
struct RecordTemplate {
    GeneratedTemplate id;
    GeneratedTemplate text;
    std::vector<std::pair<const char*, GeneratedTemplate>> fields;

    RecordTemplate() = default;
    RecordTemplate(const Record& sample_record, const Sample& sample);
    const GeneratedTemplate* field(std::string_view name) const;
};

}  // namespace stripe_sim
