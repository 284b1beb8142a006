// SPDX-License-Identifier: MIT
#include "jobs/stripe/budget.hpp"

#include "daemon/loop/cancelled.hpp"
#include "daemon/loop/wakeup.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace paysync::stripe {

namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kRecoveryPerSecond = 0.05;
constexpr double kSlowestShare = 1.0 / 32;
constexpr int kTurn = 10;  // background gets every tenth call
constexpr std::chrono::seconds kOneComplaint{1};
// Whoever waits for something else than time is woken by it.
constexpr std::chrono::hours kUntilWoken{1};
// Sums of fractions of a token end a little below the whole.
constexpr double kRounding = 1e-6;

double default_burst(double rate) {
    return std::max(1.0, rate / 4);
}

}  // namespace

struct Budget::Waiter {
    Wakeup wakeup;
};

/// A place in a queue; whoever leaves it lets the next ones look.
class Budget::Place {
public:
    Place(Budget& budget, Priority priority, Waiter& waiter)
        : budget_(budget),
          queue_(budget.queue(priority)),
          position_(queue_.insert(queue_.end(), &waiter)) {}
    ~Place() {
        queue_.erase(position_);
        budget_.wake_first();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

private:
    Budget& budget_;
    std::list<Waiter*>& queue_;
    std::list<Waiter*>::iterator position_;
};

Budget::Budget(Clock& clock, Options options)
    : clock_(clock),
      options_(options),
      rate_(options.rate),
      limit_(options.in_flight),
      refilled_(clock.now()),
      slowed_(clock.now() - kOneComplaint) {
    assert(options.rate > 0 && options.in_flight > 0);
    if (options_.burst < 1)
        options_.burst = default_burst(options_.rate);
    tokens_ = options_.burst;
}

Task<void> Budget::acquire(Priority priority, std::stop_token stop) {
    if (stop.stop_requested())
        throw Cancelled();
    if (try_take(priority, nullptr))
        co_return;
    Waiter waiter;
    const Place place(*this, priority, waiter);
    while (!try_take(priority, &waiter))
        co_await waiter.wakeup.wait(clock_, patience(priority, waiter), stop);
}

void Budget::release() noexcept {
    assert(in_flight_ > 0);
    --in_flight_;
    wake_first();
}

void Budget::throttled(Excess excess, std::chrono::milliseconds pause) {
    refill();
    const Time now = clock_.now();
    if (now - slowed_ >= kOneComplaint) {
        slowed_ = now;
        if (excess == Excess::rate)
            rate_ = std::max(rate_ / 2, options_.rate * kSlowestShare);
        else
            limit_ = std::max(limit_ / 2, 1.0);
    }
    tokens_ = 0;
    // Time until then brings no tokens.
    refilled_ = std::max(refilled_, now + pause);
}

void Budget::set_rate(double per_second) {
    assert(per_second > 0);
    refill();
    rate_ = rate_ / options_.rate * per_second;
    options_.burst = std::max(1.0, options_.burst / options_.rate * per_second);
    options_.rate = per_second;
    tokens_ = std::min(tokens_, options_.burst);
    wake_first();
}

int Budget::waiting() const noexcept {
    return static_cast<int>(interactive_.size() + background_.size());
}

std::list<Budget::Waiter*>& Budget::queue(Priority priority) noexcept {
    return priority == Priority::interactive ? interactive_ : background_;
}

bool Budget::background_is_due() const noexcept {
    return !background_.empty() && passed_over_ >= kTurn - 1;
}

double Budget::needed_tokens(Priority priority) const noexcept {
    const bool reserve = priority == Priority::background && !background_is_due();
    return 1 + (reserve ? std::floor(options_.burst * options_.reserved_share + kRounding) : 0);
}

int Budget::usable_slots(Priority priority) const noexcept {
    const int slots = in_flight_limit();
    if (priority == Priority::interactive || background_is_due() || slots == 1)
        return slots;
    return slots - static_cast<int>(std::ceil(slots * options_.reserved_share - kRounding));
}

/// `waiter` is null for a call that has not queued up: it may pass only when nobody waits.
bool Budget::is_turn(Priority priority, const Waiter* waiter) const noexcept {
    const bool background = priority == Priority::background;
    const auto& own = background ? background_ : interactive_;
    if (waiter ? own.front() != waiter : !own.empty())
        return false;
    return background ? interactive_.empty() || background_is_due() : !background_is_due();
}

bool Budget::try_take(Priority priority, const Waiter* waiter) {
    refill();
    if (!is_turn(priority, waiter) || in_flight_ >= usable_slots(priority) ||
        tokens_ + kRounding < needed_tokens(priority))
        return false;
    tokens_ -= 1;
    ++in_flight_;
    passed_over_ = priority == Priority::background || background_.empty() ? 0 : passed_over_ + 1;
    if (background_is_due())
        wake_first();
    return true;
}

std::chrono::milliseconds Budget::patience(Priority priority, const Waiter& waiter) const {
    if (!is_turn(priority, &waiter) || in_flight_ >= usable_slots(priority))
        return kUntilWoken;
    const Seconds missing((needed_tokens(priority) - tokens_) / rate_);
    const Seconds pause = std::max(Seconds(refilled_ - clock_.now()), Seconds(0));
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(missing + pause);
    return std::clamp<std::chrono::milliseconds>(wait, std::chrono::milliseconds(1), kUntilWoken);
}

void Budget::refill() {
    const Time now = clock_.now();
    if (now <= refilled_)
        return;
    const double elapsed = Seconds(now - refilled_).count();
    refilled_ = now;
    tokens_ = std::min(options_.burst, tokens_ + elapsed * rate_);
    const double recovered = elapsed * kRecoveryPerSecond;
    rate_ = std::min(options_.rate, rate_ + recovered * options_.rate);
    limit_ = std::min<double>(options_.in_flight, limit_ + recovered * options_.in_flight);
}

void Budget::wake_first() noexcept {
    for (auto* queue : {&interactive_, &background_}) {
        if (!queue->empty())
            queue->front()->wakeup.notify();
    }
}

}  // namespace paysync::stripe
