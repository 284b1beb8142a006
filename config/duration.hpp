// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace paysync::config {

/// `90s`, `1h30m`, `250ms`: whole numbers, each with a unit (ms s m h d), the larger unit first.
/// Nothing when `text` is anything else or too large to count.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The same notation, shortest form: `1h30m`, `0s`.
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace paysync::config
