// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/generated_ids.hpp"

#include "tests/stripe_sim/ids.hpp"

#include <cstring>

namespace stripe_sim {
namespace {

constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr uint64_t kBase = 62;
constexpr uint64_t kPair = kBase * kBase;
constexpr unsigned kHalfBits = 23;
constexpr uint64_t kHalfMask = (uint64_t{1} << kHalfBits) - 1;

constexpr std::array<char, 2 * kPair> make_pairs() {
    std::array<char, 2 * kPair> pairs{};
    for (size_t i = 0; i < kPair; ++i) {
        pairs[2 * i] = kDigits[i / kBase];
        pairs[2 * i + 1] = kDigits[i % kBase];
    }
    return pairs;
}

constexpr std::array<char, 2 * kPair> kPairs = make_pairs();

/// The number of digits is a template argument, so that the compiler replaces the divisions by
/// multiplications.
template <size_t kCount>
void write_pairs(uint64_t value, char* out) {
    for (size_t at = kCount; at > 0; at -= 2) {
        std::memcpy(out + at - 2, kPairs.data() + 2 * (value % kPair), 2);
        value /= kPair;
    }
}

}  // namespace

void write_base62(uint64_t value, size_t digits, char* out) {
    switch (digits) {
        case 6:
            return write_pairs<6>(value, out);
        case 8:
            return write_pairs<8>(value, out);
        default:
            return write_pairs<10>(value, out);
    }
}

std::optional<uint64_t> read_base62(std::string_view text) {
    uint64_t value = 0;
    for (char c : text) {
        size_t digit = kDigits.find(c);
        if (digit == std::string_view::npos || value > (UINT64_MAX - digit) / kBase) {
            return std::nullopt;
        }
        value = value * kBase + digit;
    }
    return value;
}

GeneratedIds::GeneratedIds(uint64_t key) : key_(key) {
    for (size_t i = 0; i < round_keys_.size(); ++i) {
        round_keys_[i] = mix(key + i) | 1;
    }
}

uint64_t GeneratedIds::round(uint64_t half, size_t number) const {
    uint64_t product = (half ^ (round_keys_[number] >> 41)) * round_keys_[number];
    return (product ^ (product >> 29)) * 0x9e3779b97f4a7c15U >> (64 - kHalfBits);
}

void GeneratedIds::write_number(uint64_t number, char* out) const {
    uint64_t left = number >> kHalfBits;
    uint64_t right = number & kHalfMask;
    for (size_t i = 0; i < round_keys_.size(); ++i) {
        uint64_t next = left ^ round(right, i);
        left = right;
        right = next;
    }
    write_base62(left << kHalfBits | right, kNumberDigits, out);
}

std::optional<uint64_t> GeneratedIds::read_number(std::string_view text) const {
    auto value = read_base62(text);
    if (text.size() != kNumberDigits || !value || *value >= kNumbers) {
        return std::nullopt;
    }
    uint64_t left = *value >> kHalfBits;
    uint64_t right = *value & kHalfMask;
    for (size_t i = round_keys_.size(); i > 0; --i) {
        uint64_t before = right ^ round(left, i - 1);
        right = left;
        left = before;
    }
    return left << kHalfBits | right;
}

void GeneratedIds::write_check(uint64_t number, uint64_t kind, size_t digits, char* out) const {
    write_base62(mix(key_ ^ mix(number * 64 + kind)), digits, out);
}

}  // namespace stripe_sim
