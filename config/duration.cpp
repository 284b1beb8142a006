// SPDX-License-Identifier: MIT
#include "config/duration.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace paysync::config {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
};

constexpr std::array<Unit, 5> kUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

// Far beyond any use and far below an overflow of the sum.
constexpr std::int64_t kLongestDuration = std::int64_t{100} * 366 * 86'400'000;

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    if (text.empty())
        return std::nullopt;
    std::int64_t total = 0;
    std::size_t next_unit = 0;
    while (!text.empty()) {
        std::uint32_t count = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        const bool leading_zero = text.size() > 1 && text[0] == '0' && end != text.data() + 1;
        if (error != std::errc() || leading_zero)
            return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));

        const auto name = text.substr(0, text.find_first_of("0123456789"));
        while (next_unit < kUnits.size() && kUnits[next_unit].name != name)
            ++next_unit;
        if (next_unit == kUnits.size())
            return std::nullopt;
        const std::int64_t scale = kUnits[next_unit].milliseconds;
        if (count > kLongestDuration / scale)
            return std::nullopt;
        total += count * scale;
        ++next_unit;
        text.remove_prefix(name.size());
    }
    if (total > kLongestDuration)
        return std::nullopt;
    return std::chrono::milliseconds(total);
}

std::string format_duration(std::chrono::milliseconds duration) {
    std::int64_t rest = duration.count();
    std::string result = rest < 0 ? "-" : "";
    if (rest == 0)
        return "0s";
    for (const auto& unit : kUnits) {
        const std::int64_t count = rest / unit.milliseconds;
        rest %= unit.milliseconds;
        if (count != 0)
            result += std::to_string(count < 0 ? -count : count) + std::string(unit.name);
    }
    return result;
}

}  // namespace paysync::config
