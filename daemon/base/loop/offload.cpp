// SPDX-License-Identifier: MIT
#include "daemon/base/loop/offload.hpp"

#include "daemon/base/loop/uv_handle.hpp"

#include <uv.h>

#include <memory>

namespace paysync {

struct Offload::Request {
    uv_work_t work{};
    Offload* owner = nullptr;

    static void call(uv_work_t* work) {
        auto& owner = *static_cast<Request*>(work->data)->owner;
        try {
            owner.function_();
        } catch (...) {
            owner.error_ = std::current_exception();
        }
    }
    static void done(uv_work_t* work, int) {
        const std::unique_ptr<Request> request(static_cast<Request*>(work->data));
        request->owner->loop_.resume_soon(request->owner->coroutine_);
    }
};

void Offload::await_suspend(std::coroutine_handle<> coroutine) {
    coroutine_ = coroutine;
    auto request = std::make_unique<Request>();
    request->owner = this;
    request->work.data = request.get();
    check_uv(uv_queue_work(loop_.uv(), &request->work, &Request::call, &Request::done),
             "uv_queue_work");
    request.release();
}

void Offload::await_resume() const {
    if (error_)
        std::rethrow_exception(error_);
}

}  // namespace paysync
