// SPDX-License-Identifier: MIT
#pragma once

#include <gmime/gmime.h>

#include <memory>
#include <mutex>

/// GMime's objects as C++ owns things.
namespace paysync::mail {

struct Unref {
    void operator()(gpointer object) const noexcept { g_object_unref(object); }
};
template <typename T>
using Owned = std::unique_ptr<T, Unref>;

/// Before anything else of GMime; any number of times, from any thread.
inline void start_gmime() {
    static std::once_flag once;
    std::call_once(once, [] { g_mime_init(); });
}

}  // namespace paysync::mail
