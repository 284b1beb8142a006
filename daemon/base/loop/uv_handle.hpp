// SPDX-License-Identifier: MIT
#pragma once

#include <uv.h>

#include <stdexcept>
#include <string>

/// Ownership and errors of libuv handles.
namespace paysync {

/// Throws std::runtime_error if `status` is negative: `what`, then libuv's text for the error.
inline void check_uv(int status, const char* what) {
    if (status < 0)
        throw std::runtime_error(std::string(what) + ": " + uv_strerror(status));
}

/// Owns one libuv handle, such as a uv_timer_t.
///
/// uv_close() is asynchronous: libuv uses the memory of a handle until its close callback. So the
/// handle is on the heap, the destructor starts the close, and the close callback deletes it. An
/// owner may therefore be destroyed inside a callback of this same handle.
///
/// The caller initialises the handle with its uv_…_init(). A handle that never was is just deleted.
template <typename Handle>
class UvHandle {
public:
    UvHandle() : handle_(new Handle{}) {}
    ~UvHandle() {
        if (!base()->loop) {  // uv_…_init() was not called, or failed
            delete handle_;
            return;
        }
        uv_close(base(), [](uv_handle_t* closed) { delete reinterpret_cast<Handle*>(closed); });
    }
    UvHandle(const UvHandle&) = delete;
    UvHandle& operator=(const UvHandle&) = delete;

    Handle* get() const noexcept { return handle_; }
    uv_handle_t* base() const noexcept { return reinterpret_cast<uv_handle_t*>(handle_); }
    /// Stores a pointer for the callbacks, which find it as `handle->data`.
    void set_data(void* data) noexcept { handle_->data = data; }

private:
    Handle* handle_;
};

}  // namespace paysync
