// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace paysync::cli {

/// A date (its beginning in UTC) or a date and time with its offset, as RFC 3339 writes them, as a
/// time in UTC: 2026-01-31T23:00:00.000000Z. All have this form, so that the earlier one is the
/// lesser text. Throws std::invalid_argument.
std::string moment_utc(const std::string& text);

}  // namespace paysync::cli
