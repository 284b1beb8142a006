// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/ctl/rows.hpp"

#include <string>

namespace paysync::cli {

/// Looks for what should not be and prints it with what to do about it. Yields whether all is well.
bool doctor(const std::string& conninfo, Format format);

}  // namespace paysync::cli
