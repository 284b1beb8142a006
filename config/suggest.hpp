// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace paysync::config {

/// The number of letters to change, add, drop or swap with the next one to make `b` out of `a`,
/// ignoring case.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate of which `word` is most likely a misspelling, for "did you mean …?"; empty if no
/// candidate is similar.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace paysync::config
