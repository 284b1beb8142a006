// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace paysync::log {

/// Journal fields of one line, such as PAYSYNC_ACCOUNT and its value.
using Fields = std::vector<std::pair<const char*, std::string>>;

}  // namespace paysync::log
