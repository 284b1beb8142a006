// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/generated_template.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <stdexcept>

namespace stripe_sim {
namespace {

/// Samples are created at a second that no other time in an object is close to.
constexpr int64_t kTimeWindow = 400 * 24 * 3600;
/// A number of at least this size is an amount of the sample or was computed from one.
constexpr int64_t kTelling = 10'000'000;
constexpr std::string_view kPending = R"("status":"pending")";
constexpr std::string_view kPendingBefore = R"("status":")";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// The end of the number that starts here and is a JSON value or the whole text; `at` if there is
/// none.
size_t number_end(std::string_view text, size_t at) {
    constexpr std::string_view kBefore = ":,[";
    constexpr std::string_view kAfter = ",}]";
    if (at > 0 && kBefore.find(text[at - 1]) == std::string_view::npos) {
        return at;
    }
    size_t end = at + (text[at] == '-' ? 1 : 0);
    size_t digits = end;
    while (end < text.size() && is_digit(text[end])) {
        ++end;
    }
    bool whole = end > digits && end - digits < 18 &&
                 (end == text.size() || kAfter.find(text[end]) != std::string_view::npos);
    return whole ? end : at;
}

}  // namespace

void SlotValues::Value::set(int64_t number) {
    auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    size = static_cast<size_t>(end - text.data());
}

GeneratedTemplate::GeneratedTemplate(std::string_view text, const Sample& sample) {
    for (size_t at = 0; at < text.size();) {
        size_t taken = add_text(text.substr(at), sample);
        taken = taken > 0 ? taken : add_number(text, at, sample);
        if (taken == 0) {
            text_ += text[at];
        }
        at += std::max<size_t>(taken, 1);
    }
    add_slot(Slot::kNone, 0);
}

GeneratedTemplate GeneratedTemplate::status(int64_t available_after) {
    GeneratedTemplate made;
    made.add_slot(Slot::kStatus, available_after);
    made.add_slot(Slot::kNone, 0);
    return made;
}

size_t GeneratedTemplate::add_text(std::string_view rest, const Sample& sample) {
    size_t longest = 0;
    Slot meaning = Slot::kNone;
    for (const auto& [value, slot] : sample.texts) {
        if (value.size() > longest && rest.starts_with(value)) {
            longest = value.size();
            meaning = slot;
        }
    }
    if (longest > 0) {
        add_slot(meaning, 0);
    } else if (sample.available_after && rest.starts_with(kPending)) {
        text_ += kPendingBefore;
        add_slot(Slot::kStatus, *sample.available_after);
        longest = kPending.size() - 1;
    }
    return longest;
}

size_t GeneratedTemplate::add_number(std::string_view text, size_t at, const Sample& sample) {
    size_t end = number_end(text, at);
    int64_t number = 0;
    std::from_chars(text.data() + at, text.data() + end, number);
    auto meaning = sample.numbers.find(number);
    if (end == at) {
        return 0;
    }
    if (meaning != sample.numbers.end()) {
        add_slot(meaning->second, 0);
    } else if (number >= sample.created && number <= sample.created + kTimeWindow) {
        add_slot(Slot::kTime, number - sample.created);
    } else if (std::abs(number) > kTelling && number < sample.created) {
        throw std::logic_error("a generated object would keep the sample's number " +
                               std::to_string(number) + " in " + std::string(text));
    } else {
        text_ += text.substr(at, end - at);
    }
    return end - at;
}

void GeneratedTemplate::add_slot(Slot slot, int64_t delta) {
    auto size = static_cast<uint32_t>(text_.size());
    pieces_.push_back({open_, size - open_, slot, delta});
    open_ = size;
    needs_ |= slot == Slot::kNone ? 0 : bit(slot);
}

void GeneratedTemplate::render(const SlotValues& values, std::string& out) const {
    SlotValues::Value time;
    for (const Piece& piece : pieces_) {
        out.append(text_.data() + piece.start, piece.size);
        switch (piece.slot) {
            case Slot::kNone:
                break;
            case Slot::kTime:
                time.set(values.created + piece.delta);
                out.append(time.view());
                break;
            case Slot::kStatus:
                out.append(values.created + piece.delta > values.now ? "pending" : "available");
                break;
            default:
                out.append(values[piece.slot].view());
        }
    }
}

std::optional<std::string_view> GeneratedTemplate::constant() const {
    return pieces_.size() == 1 ? std::optional<std::string_view>(text_) : std::nullopt;
}

std::optional<GeneratedTemplate::Single> GeneratedTemplate::single() const {
    if (pieces_.size() != 2) {
        return std::nullopt;
    }
    std::string_view text = text_;
    return Single{text.substr(0, pieces_[0].size), pieces_[0].slot, text.substr(pieces_[0].size)};
}

RecordTemplate::RecordTemplate(const Record& sample_record, const Sample& sample)
    : id(sample_record.id, sample), text(*sample_record.text, sample) {
    for (const auto& [name, value] : sample_record.fields) {
        bool status = value == "pending" && sample.available_after;
        fields.emplace_back(name, status ? GeneratedTemplate::status(*sample.available_after)
                                         : GeneratedTemplate(value, sample));
    }
}

const GeneratedTemplate* RecordTemplate::field(std::string_view name) const {
    for (const auto& [key, compiled] : fields) {
        if (name == key) {
            return &compiled;
        }
    }
    return nullptr;
}

}  // namespace stripe_sim
