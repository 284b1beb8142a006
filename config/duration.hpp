// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace paysync::config {

/// Parses `90s`, `1h30m` or `250ms`: whole numbers, each with a unit (ms s m h d), the larger unit
/// first. Returns nothing for any other text, and for more than a hundred years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The shortest text that parse_duration() accepts: `1h30m`, `0s`.
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace paysync::config
