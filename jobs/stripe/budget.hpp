// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/task.hpp"

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <set>
#include <stop_token>
#include <string>

namespace paysync::stripe {

/// Interactive: a person waits for the request (commands, payment requests). Background: nobody
/// does (sweeps, reconciliation).
enum class Priority { interactive, background };

/// Limits how fast this process calls Stripe (a token bucket) and how many requests are under way
/// at a time. One for the process; every request passes it.
///
/// - Interactive requests go first. Background requests leave `reserved_share` of both limits free
///   for them, but get every tenth turn, and one of them is always under way if any waits. So a
///   long queue of payment requests, or one whose requests hang, does not stop reconciliation.
/// - Within a priority, the account with the fewest requests under way goes first; among equals the
///   one whose last turn is the longest ago, so that a hundred requests of one account do not delay
///   the single one of another; then the request that has waited longest.
/// - One account has at most half of the places of background requests and three quarters of those
///   of interactive ones. A request that takes longer than 3 s does not count, and its account has
///   at most a quarter of the places until one of its requests is quick again: a slow account must
///   not delay the others. There are never more than sixteen times as many requests as places.
/// - After a 429 the limit that Stripe named is halved. Each second it recovers by a twentieth of
///   its full value.
class Budget {
public:
    /// The most requests under way for each of `in_flight`, those that do not count included.
    static constexpr int kMostPerPlace = 16;

    struct Options {
        double rate = 20;   ///< requests per second
        double burst = 0;   ///< requests at once after a pause; 0: a quarter of the rate
        int in_flight = 8;  ///< requests at a time
        double reserved_share = 0.2;
    };

    /// The limit of Stripe's that was exceeded.
    enum class Excess { rate, concurrency };

    Budget(Clock& clock, Options options);
    Budget(const Budget&) = delete;
    Budget& operator=(const Budget&) = delete;

private:
    using Time = std::chrono::steady_clock::time_point;

    /// What is known of an account as long as a request of it waits or is under way.
    struct Account {
        std::multiset<Time> begun;  ///< when those under way began
        int waiting = 0;
        std::uint64_t turn = 0;  ///< of its last request that went out
    };
    using Accounts = std::map<std::string, Account>;

public:
    /// A request that is under way.
    struct UnderWay {
        Accounts::iterator account;
        Priority priority;
        Time since;
    };
    using Call = std::list<UnderWay>::iterator;

    /// Returns when a request to the account (empty: the platform's own) may be sent; the caller
    /// must release() it. Throws Cancelled when `stop` comes first; then there is nothing to
    /// release.
    Task<Call> acquire(Priority priority, std::string account, std::stop_token stop);
    void release(Call call) noexcept;

    /// Releases a call at the end of its scope.
    class Permit {
    public:
        Permit(Budget& budget, Call call) noexcept : budget_(budget), call_(call) {}
        ~Permit() { budget_.release(call_); }
        Permit(const Permit&) = delete;
        Permit& operator=(const Permit&) = delete;

    private:
        Budget& budget_;
        Call call_;
    };

    /// Stripe answered 429: no request is sent for `pause`. Several within a second count as one,
    /// because these requests were under way together.
    void throttled(Excess excess, std::chrono::milliseconds pause);

    /// Changes the full rate, for daemons that share Stripe's allowance.
    void set_rate(double per_second);

    /// For metrics.
    int in_flight() const noexcept { return static_cast<int>(under_way_.size()); }
    int waiting() const noexcept;
    double rate() const noexcept { return rate_; }
    int in_flight_limit() const noexcept { return static_cast<int>(limit_); }

private:
    struct Waiter;
    class Place;

    std::list<Waiter*>& queue(Priority priority) noexcept;
    const std::list<Waiter*>& queue(Priority priority) const noexcept;
    bool background_is_due() const noexcept;
    double needed_tokens(Priority priority) const noexcept;
    int usable_slots(Priority priority) const noexcept;
    bool is_long(const UnderWay& call) const noexcept;
    int counted() const noexcept;
    bool is_slow(const Accounts::value_type& account) const noexcept;
    bool may_have_more(Priority priority, const Accounts::value_type& account) const noexcept;
    void forget_idle(Accounts::iterator account);
    bool background_has_none() const noexcept;
    Waiter* next(Priority priority) const noexcept;
    bool is_turn(Priority priority, const Waiter& waiter) const noexcept;
    bool try_take(Priority priority, const Waiter& waiter);
    std::chrono::milliseconds patience(Priority priority, const Waiter& waiter) const;
    void refill();
    void wake_next() noexcept;

    Clock& clock_;
    Options options_;
    std::list<Waiter*> interactive_;
    std::list<Waiter*> background_;
    std::list<UnderWay> under_way_;
    Accounts accounts_;
    std::uint64_t turns_ = 0;
    std::set<std::string> slow_;  // accounts of which the last request that ended took long
    int passed_over_ = 0;         // interactive calls since background began to wait
    double tokens_;
    double rate_;
    double limit_;
    Time refilled_;
    Time slowed_;
};

}  // namespace paysync::stripe
