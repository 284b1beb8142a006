// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace bench {

/// Serves one prepared answer over and over from memory, a thread for each connection, and nothing
/// else: what the kernel alone takes for so many bytes. Writes its port as a line to `out` and
/// never returns.
void serve_yardstick(const std::string& body, int out);

}  // namespace bench
