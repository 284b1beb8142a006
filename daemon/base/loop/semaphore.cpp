// SPDX-License-Identifier: MIT
#include "daemon/base/loop/semaphore.hpp"

#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/wakeup.hpp"

#include <chrono>

namespace paysync {

namespace {

// A waiter is woken by release(). Wakeup::wait() needs an upper bound; it is never reached.
constexpr std::chrono::hours kUntilWoken{1};

}  // namespace

/// An entry of the queue. Its destructor wakes the next waiter, also when this one was cancelled.
class Semaphore::Waiter {
public:
    explicit Waiter(Semaphore& semaphore)
        : semaphore_(semaphore),
          position_(semaphore.waiting_.insert(semaphore.waiting_.end(), &wakeup_)) {}
    ~Waiter() {
        semaphore_.waiting_.erase(position_);
        semaphore_.release(0);
    }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    bool is_first() const noexcept { return semaphore_.waiting_.front() == &wakeup_; }
    Wakeup& wakeup() noexcept { return wakeup_; }

private:
    Semaphore& semaphore_;
    Wakeup wakeup_;
    std::list<Wakeup*>::iterator position_;
};

Task<void> Semaphore::acquire(std::stop_token stop) {
    if (stop.stop_requested())
        throw Cancelled();
    if (free_ <= 0 || !waiting_.empty()) {
        Waiter waiter(*this);
        while (free_ <= 0 || !waiter.is_first())
            co_await waiter.wakeup().wait(clock_, kUntilWoken, stop);
        --free_;
        co_return;
    }
    --free_;
}

void Semaphore::release(int permits) noexcept {
    free_ += permits;
    if (free_ > 0 && !waiting_.empty())
        waiting_.front()->notify();
}

}  // namespace paysync
