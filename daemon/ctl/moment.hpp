// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

namespace paysync::ctl {

/// Converts what a person types into a time in UTC, such as 2026-01-31T23:00:00.000000Z. The result
/// always has this form, so results compare as text.
///
/// Accepted are a date, which means its beginning in UTC, and a date and time with an offset as in
/// RFC 3339: 2026-01-31, 2026-01-31T23:00:00Z, 2026-02-01 00:00:00.5+01:00. Throws
/// std::invalid_argument for everything else.
std::string moment_utc(const std::string& text);

/// A time in UTC for a table, to the second: 2026-01-31 23:00:00.
std::string utc_text(std::chrono::system_clock::time_point time);

}  // namespace paysync::ctl
