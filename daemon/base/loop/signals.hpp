// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/loop.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace paysync {

/// Unix signals as callbacks on the loop; they do not keep the loop running.
class Signals {
public:
    explicit Signals(Loop& loop);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// Calls `handler` on the loop thread at every `signal` from now on.
    void on(int signal, std::function<void()> handler);

private:
    struct Watch;
    Loop& loop_;
    std::vector<std::unique_ptr<Watch>> watches_;
};

}  // namespace paysync
