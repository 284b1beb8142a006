// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace paysync::config {

/// How many letters must be changed, added, dropped or swapped to make one word of the other, case
/// apart.
std::size_t distance(std::string_view a, std::string_view b);

/// The candidate that `word` is most likely a misspelling of; empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace paysync::config
