// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/schedule/local_times.hpp"

#include <string_view>

namespace paysync::schedule {

/// Reads the five time fields of crontab(5), names of months and weekdays and the short forms
/// (`@daily`) included. A day has to be of the fifth field or of the third when neither begins with
/// '*', else of both, as crontab(5) says. Throws std::invalid_argument with what is wrong and
/// where.
LocalTimes parse_cron(std::string_view text);

}  // namespace paysync::schedule
