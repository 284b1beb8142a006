// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/loop.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace paysync {

/// Delivers Unix signals as callbacks on the loop thread, where a handler may do anything; a plain
/// signal handler may call async-signal-safe functions only. Waiting for signals does not keep
/// Loop::run() from returning. The default actions return when this object is destroyed.
class Signals {
public:
    explicit Signals(Loop& loop);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// Calls `handler` on the loop thread for each `signal` from now on, for example SIGTERM.
    /// Throws std::runtime_error for a signal that cannot be caught.
    void on(int signal, std::function<void()> handler);

private:
    struct Watch;
    Loop& loop_;
    std::vector<std::unique_ptr<Watch>> watches_;
};

}  // namespace paysync
