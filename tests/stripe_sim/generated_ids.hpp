// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace stripe_sim {

/// The variable part of the ids of computed objects: the object's number, scrambled by the key, as
/// eight letters and digits, and check digits that depend on the kind of the object. So the number
/// follows from an id without an index, and a foreign id is recognised.
class GeneratedIds {
public:
    static constexpr size_t kNumberDigits = 8;
    static constexpr size_t kTagDigits = 5;
    static constexpr size_t kMostCheckDigits = 10;
    static constexpr uint64_t kNumbers = uint64_t{1} << 46;

    explicit GeneratedIds(uint64_t key);

    /// Writes the eight characters of a number below kNumbers.
    void write_number(uint64_t number, char* out) const;
    /// The number of these eight characters; nothing if they are not those of a number.
    std::optional<uint64_t> read_number(std::string_view text) const;
    /// Writes check characters; `digits` is 6, 8 or 10.
    void write_check(uint64_t number, uint64_t kind, size_t digits, char* out) const;
    uint64_t key() const { return key_; }

private:
    uint64_t round(uint64_t half, size_t number) const;

    uint64_t key_;
    std::array<uint64_t, 4> round_keys_{};
};

/// Writes the value in base 62 with 6, 8 or 10 characters. Higher digits are dropped.
void write_base62(uint64_t value, size_t digits, char* out);
/// Reads base 62; nothing if a character is not a letter or digit or the value exceeds 64 bits.
std::optional<uint64_t> read_base62(std::string_view text);

}  // namespace stripe_sim
