// SPDX-License-Identifier: MIT
#pragma once

#include <gmime/gmime.h>

#include <memory>
#include <mutex>

namespace paysync::mail {

/// Owns an object of GMime, or of GLib.
struct GObjectUnref {
    void operator()(gpointer object) const noexcept { g_object_unref(object); }
};
template <typename T>
using GObjectPtr = std::unique_ptr<T, GObjectUnref>;

/// Initialises GMime. To be called before any use of it; any number of times, from any thread.
inline void start_gmime() {
    static std::once_flag once;
    std::call_once(once, [] { g_mime_init(); });
}

}  // namespace paysync::mail
