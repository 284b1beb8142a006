// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/migrator.hpp"

#include <vector>

namespace paysync::schema {

/// The migrations of this binary, in order: the schemas `pay` (public contract) and `pay_private`.
const std::vector<db::Migration>& migrations();

}  // namespace paysync::schema
