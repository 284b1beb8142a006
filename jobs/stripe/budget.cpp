// SPDX-License-Identifier: MIT
#include "jobs/stripe/budget.hpp"

#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/wakeup.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <utility>

namespace paysync::stripe {

namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kRecoveryPerSecond = 0.05;
constexpr double kSlowestShare = 1.0 / 32;
constexpr int kTurn = 10;  // background gets every tenth request
constexpr std::chrono::seconds kOneComplaint{1};
// A waiter for something else than time is woken by wake_next().
constexpr std::chrono::hours kUntilWoken{1};
// A request that takes so long says nothing about our rate; the others need not wait for it.
constexpr std::chrono::seconds kLongCall{3};
// Sums of fractions of a token end a little below the whole.
constexpr double kRounding = 1e-6;

double default_burst(double rate) {
    return std::max(1.0, rate / 4);
}

}  // namespace

struct Budget::Waiter {
    Accounts::iterator account;
    Wakeup wakeup;
};

/// A place in a queue. Leaving it wakes the next waiters.
class Budget::Place {
public:
    Place(Budget& budget, Priority priority, Waiter& waiter)
        : budget_(budget),
          queue_(budget.queue(priority)),
          waiter_(waiter),
          position_(queue_.insert(queue_.end(), &waiter)) {
        ++waiter.account->second.waiting;
    }
    ~Place() {
        queue_.erase(position_);
        --waiter_.account->second.waiting;
        budget_.forget_idle(waiter_.account);
        budget_.wake_next();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

private:
    Budget& budget_;
    std::list<Waiter*>& queue_;
    Waiter& waiter_;
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

Task<Budget::Call> Budget::acquire(Priority priority, std::string account, std::stop_token stop) {
    if (stop.stop_requested())
        throw Cancelled();
    Waiter waiter{accounts_.try_emplace(std::move(account)).first, {}};
    const Place place(*this, priority, waiter);
    while (!try_take(priority, waiter))
        co_await waiter.wakeup.wait(clock_, patience(priority, waiter), stop);
    co_return std::prev(under_way_.end());
}

void Budget::release(Call call) noexcept {
    const auto account = call->account;
    if (is_long(*call))
        slow_.insert(account->first);
    else
        slow_.erase(account->first);
    auto& begun = account->second.begun;
    begun.erase(begun.find(call->since));
    under_way_.erase(call);
    forget_idle(account);
    wake_next();
}

void Budget::forget_idle(Accounts::iterator account) {
    if (account->second.waiting == 0 && account->second.begun.empty())
        accounts_.erase(account);
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
    wake_next();
}

int Budget::waiting() const noexcept {
    return static_cast<int>(interactive_.size() + background_.size());
}

std::list<Budget::Waiter*>& Budget::queue(Priority priority) noexcept {
    return priority == Priority::interactive ? interactive_ : background_;
}

const std::list<Budget::Waiter*>& Budget::queue(Priority priority) const noexcept {
    return priority == Priority::interactive ? interactive_ : background_;
}

bool Budget::is_long(const UnderWay& call) const noexcept {
    return clock_.now() - call.since >= kLongCall;
}

/// Requests under way that count.
int Budget::counted() const noexcept {
    int young = 0;
    for (const auto& call : under_way_)
        young += is_long(call) ? 0 : 1;
    return std::max(young, in_flight() - (kMostPerPlace - 1) * in_flight_limit());
}

bool Budget::is_slow(const Accounts::value_type& account) const noexcept {
    const auto& begun = account.second.begun;
    return slow_.count(account.first) > 0 ||
           (!begun.empty() && clock_.now() - *begun.begin() >= kLongCall);
}

/// Whether a background request waits and none that counts is under way.
bool Budget::background_has_none() const noexcept {
    if (background_.empty())
        return false;
    for (const auto& call : under_way_)
        if (call.priority == Priority::background && !is_long(call))
            return false;
    return true;
}

bool Budget::may_have_more(Priority priority, const Accounts::value_type& account) const noexcept {
    if (account.first.empty())
        return true;
    const int slots = usable_slots(priority);
    int most = slots - (priority == Priority::interactive ? slots / 4 : slots / 2);
    if (is_slow(account))
        most = slots / 4;
    return static_cast<int>(account.second.begun.size()) < std::max(1, most);
}

Budget::Waiter* Budget::next(Priority priority) const noexcept {
    if (queue(priority).empty() || counted() >= usable_slots(priority))
        return nullptr;
    const auto rank = [](const Waiter& waiter) {
        const auto& account = waiter.account->second;
        return std::pair(account.begun.size(), account.turn);
    };
    Waiter* first = nullptr;
    for (auto* waiter : queue(priority))
        if ((!first || rank(*waiter) < rank(*first)) && may_have_more(priority, *waiter->account))
            first = waiter;
    return first;
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
    if (slots == 1)
        return slots;
    if (priority == Priority::interactive)
        return background_has_none() ? slots - 1 : slots;
    if (background_is_due() || background_has_none())
        return slots;
    return slots - static_cast<int>(std::ceil(slots * options_.reserved_share - kRounding));
}

bool Budget::is_turn(Priority priority, const Waiter& waiter) const noexcept {
    // Who has no room leaves the turn to the others.
    const bool due = priority == Priority::background
                         ? background_is_due() || next(Priority::interactive) == nullptr
                         : !background_is_due() || next(Priority::background) == nullptr;
    return due && next(priority) == &waiter;
}

bool Budget::try_take(Priority priority, const Waiter& waiter) {
    refill();
    if (!is_turn(priority, waiter) || tokens_ + kRounding < needed_tokens(priority))
        return false;
    tokens_ -= 1;
    const auto now = clock_.now();
    under_way_.push_back({waiter.account, priority, now});
    waiter.account->second.begun.insert(now);
    waiter.account->second.turn = ++turns_;
    passed_over_ = priority == Priority::background || background_.empty() ? 0 : passed_over_ + 1;
    if (background_is_due())
        wake_next();
    return true;
}

std::chrono::milliseconds Budget::patience(Priority priority, const Waiter& waiter) const {
    if (!is_turn(priority, waiter))
        return under_way_.empty() ? kUntilWoken : std::chrono::milliseconds(kLongCall);
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

void Budget::wake_next() noexcept {
    for (const auto priority : {Priority::interactive, Priority::background})
        if (auto* waiter = next(priority))
            waiter->wakeup.notify();
}

}  // namespace paysync::stripe
