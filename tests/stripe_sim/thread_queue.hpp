// SPDX-License-Identifier: MIT
#pragma once

#include <httplib.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace stripe_sim {

/// Worker threads that are created while all others are busy, up to a limit.
class ThreadQueue : public httplib::TaskQueue {
public:
    explicit ThreadQueue(size_t limit) : limit_(limit) {}

    void enqueue(std::function<void()> task) override;
    void shutdown() override;

private:
    void work();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> tasks_;
    std::vector<std::thread> threads_;
    size_t idle_ = 0;
    size_t limit_;
    bool ending_ = false;
};

}  // namespace stripe_sim
