// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>
#include <cstdlib>
#include <string_view>

namespace paysync {

/// A named place where a test may kill the process: $PAYSYNC_CRASH_AT=name dies here as by kill -9.
/// Does nothing unless built with PAYSYNC_CRASH_POINTS, which a release never is.
inline void crash_point([[maybe_unused]] std::string_view name) {
#ifdef PAYSYNC_CRASH_POINTS
    const char* wanted = std::getenv("PAYSYNC_CRASH_AT");
    if (wanted && name == wanted)
        std::raise(SIGKILL);
#endif
}

}  // namespace paysync
