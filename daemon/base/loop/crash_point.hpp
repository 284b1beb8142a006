// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>
#include <cstdlib>
#include <string_view>

namespace paysync {

/// A named place where a test can kill the process. If $PAYSYNC_CRASH_AT equals `name`, the process
/// sends itself SIGKILL here, so no destructor or exit handler runs.
///
/// Placed between two effects, such as a call to Stripe and the commit that records it, so that a
/// test can prove that a restart at exactly this moment loses and repeats nothing:
///
///     co_await client.send(request, stop);
///     crash_point("link_created");
///     co_await db.run(store::save_link, link);
///
/// Compiled to nothing without PAYSYNC_CRASH_POINTS. Releases are built without it.
inline void crash_point([[maybe_unused]] std::string_view name) {
#ifdef PAYSYNC_CRASH_POINTS
    const char* wanted = std::getenv("PAYSYNC_CRASH_AT");
    if (wanted && name == wanted)
        std::raise(SIGKILL);
#endif
}

}  // namespace paysync
