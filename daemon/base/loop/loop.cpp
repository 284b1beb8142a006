// SPDX-License-Identifier: MIT
#include "daemon/base/loop/loop.hpp"

#include "daemon/base/loop/uv_handle.hpp"

#include <uv.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <vector>

namespace paysync {

namespace {

/// Coroutine type of a root task. It starts at once and frees its frame when it ends.
struct Root {
    struct promise_type {
        Root get_return_object() const noexcept { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::terminate(); }
    };
};

Root run_root(Task<void> task, std::function<void(std::exception_ptr)> done) {
    std::exception_ptr error;
    try {
        co_await task;
    } catch (...) {
        error = std::current_exception();
    }
    done(error);
}

}  // namespace

struct Loop::State {
    uv_loop_t loop{};
    std::optional<UvHandle<uv_async_t>> wake;  // wakes the loop after post()
    std::optional<UvHandle<uv_idle_t>> drain;  // active while `ready` is not empty
    std::vector<std::coroutine_handle<>> ready;
    int holds = 0;

    std::mutex mutex;
    std::vector<std::function<void()>> posted;  // guarded by mutex

    void run_posted() {
        std::vector<std::function<void()>> batch;
        {
            const std::lock_guard lock(mutex);
            batch.swap(posted);
        }
        for (const auto& work : batch)
            work();
    }

    void resume_ready() {
        std::vector<std::coroutine_handle<>> batch;
        batch.swap(ready);
        uv_idle_stop(drain->get());
        for (const auto coroutine : batch)
            coroutine.resume();
    }
};

Loop::Loop() : state_(std::make_unique<State>()) {
    check_uv(uv_loop_init(&state_->loop), "uv_loop_init");
    state_->wake.emplace();
    check_uv(
        uv_async_init(&state_->loop, state_->wake->get(),
                      [](uv_async_t* async) { static_cast<State*>(async->data)->run_posted(); }),
        "uv_async_init");
    state_->wake->set_data(state_.get());
    uv_unref(state_->wake->base());
    state_->drain.emplace();
    check_uv(uv_idle_init(&state_->loop, state_->drain->get()), "uv_idle_init");
    state_->drain->set_data(state_.get());
}

Loop::~Loop() {
    state_->wake.reset();
    state_->drain.reset();
    uv_run(&state_->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&state_->loop) != 0) {
        std::fputs("paysync: the loop ended with open handles:\n", stderr);
        uv_print_all_handles(&state_->loop, stderr);
        std::abort();
    }
}

void Loop::run() {
    uv_run(&state_->loop, UV_RUN_DEFAULT);
}

void Loop::post(std::function<void()> work) {
    {
        const std::lock_guard lock(state_->mutex);
        state_->posted.push_back(std::move(work));
    }
    uv_async_send(state_->wake->get());
}

void Loop::resume_soon(std::coroutine_handle<> coroutine) {
    if (state_->ready.empty())
        uv_idle_start(state_->drain->get(),
                      [](uv_idle_t* idle) { static_cast<State*>(idle->data)->resume_ready(); });
    state_->ready.push_back(coroutine);
}

void Loop::spawn(Task<void> task, std::function<void(std::exception_ptr)> done) {
    hold();
    run_root(std::move(task), [this, done = std::move(done)](std::exception_ptr error) {
        done(error);
        release();
    });
}

void Loop::hold() {
    if (state_->holds++ == 0)
        uv_ref(state_->wake->base());
}

void Loop::release() {
    if (--state_->holds == 0)
        uv_unref(state_->wake->base());
}

uv_loop_s* Loop::uv() noexcept {
    return &state_->loop;
}

}  // namespace paysync
