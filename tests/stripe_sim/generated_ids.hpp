// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace stripe_sim {

/// The variable part of the ids of computed objects: eight letters and digits that are the object's
/// number, scrambled by the key, and check digits that depend on the kind of the object. So an id
/// leads back to the number without an index, and a foreign id is refused.
class GeneratedIds {
public:
    static constexpr size_t kNumberDigits = 8;
    static constexpr size_t kTagDigits = 5;
    static constexpr size_t kMostCheckDigits = 10;
    static constexpr uint64_t kNumbers = uint64_t{1} << 46;

    explicit GeneratedIds(uint64_t key);

    /// Writes the eight characters of a number below kNumbers.
    void write_number(uint64_t number, char* out) const;
    /// The number that these eight characters stand for; nothing if they stand for none.
    std::optional<uint64_t> read_number(std::string_view text) const;
    /// Writes so many check characters: 6, 8 or 10.
    void write_check(uint64_t number, uint64_t kind, size_t digits, char* out) const;
    uint64_t key() const { return key_; }

private:
    uint64_t round(uint64_t half, size_t number) const;

    uint64_t key_;
    std::array<uint64_t, 4> round_keys_{};
};

/// Writes the value in base 62 with so many characters, 6, 8 or 10; what does not fit is cut off.
void write_base62(uint64_t value, size_t digits, char* out);
/// Reads base 62; nothing if a character is no letter or digit or the value exceeds 64 bits.
std::optional<uint64_t> read_base62(std::string_view text);

}  // namespace stripe_sim
