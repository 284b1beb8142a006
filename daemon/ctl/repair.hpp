// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/ctl/rows.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace paysync::cli {

/// Prints what would be done about each open discrepancy, or about these.
void plan_repairs(const std::string& conninfo, const std::vector<std::int64_t>& ids, Format format);

/// Has it done, each in a transaction of its own, and prints how many there were; one that fails
/// is named and holds up no other. A later check of the rules says whether it helped. Yields
/// whether all went well.
bool apply_repairs(const std::string& conninfo, const std::vector<std::int64_t>& ids);

/// A person says why a discrepancy is in order. Throws when it is not open.
void accept_discrepancy(const std::string& conninfo, std::int64_t id, const std::string& words);

}  // namespace paysync::cli
