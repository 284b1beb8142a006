// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace bench {

/// Sends one prepared answer from memory to every request, with a thread for each connection: the
/// cost of the kernel alone for this many bytes. Writes its port as a line to `out` and never
/// returns.
void serve_yardstick(const std::string& body, int out);

}  // namespace bench
