// SPDX-License-Identifier: MIT
#pragma once

#include <uv.h>

#include <stdexcept>
#include <string>

/// Ownership of libuv handles.
namespace paysync {

/// Throws what libuv calls `status` when it is negative; `what` says what was tried.
inline void check_uv(int status, const char* what) {
    if (status < 0)
        throw std::runtime_error(std::string(what) + ": " + uv_strerror(status));
}

/// Owns one libuv handle; the destructor closes it and libuv frees it when it is done with it, so
/// an owner may go away inside a callback of that same handle.
template <typename Handle>
class UvHandle {
public:
    UvHandle() : handle_(new Handle{}) {}
    ~UvHandle() {
        if (!base()->loop) {  // never initialised, or refused
            delete handle_;
            return;
        }
        uv_close(base(), [](uv_handle_t* closed) { delete reinterpret_cast<Handle*>(closed); });
    }
    UvHandle(const UvHandle&) = delete;
    UvHandle& operator=(const UvHandle&) = delete;

    Handle* get() const noexcept { return handle_; }
    uv_handle_t* base() const noexcept { return reinterpret_cast<uv_handle_t*>(handle_); }
    void set_data(void* data) noexcept { handle_->data = data; }

private:
    Handle* handle_;  // initialised by its uv_…_init before anything else may happen to it
};

}  // namespace paysync
