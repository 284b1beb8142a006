// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace paysync::test {

/// systemd's answer for one calendar expression: its next times in UTC, as `Mon 2026-01-05 10:00:00
/// UTC`.
struct Elapses {
    bool valid = false;
    std::vector<std::string> times;  ///< fewer than requested if there are no more
};

/// Whether `systemd-analyze calendar` is installed and supports the options that we need.
bool has_calendar_oracle();

/// Asks systemd-analyze for the first `count` times after `base` (UTC) of each expression.
std::vector<Elapses> ask_calendar_oracle(const std::vector<std::string>& expressions,
                                         const std::string& base, int count);

}  // namespace paysync::test
