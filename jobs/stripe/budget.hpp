// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/task.hpp"

#include <chrono>
#include <list>
#include <stop_token>
#include <string>

namespace paysync::stripe {

/// Who waits for a call: somebody (commands, payment requests), or nobody (polling,
/// reconciliation).
enum class Priority { interactive, background };

/// How fast and how many at a time this process calls Stripe. Interactive calls go first;
/// background ones leave a share of both free for them, yet get every tenth turn, so that a long
/// queue of payment requests does not end reconciliation. Within a priority the account with the
/// fewest calls under way goes first, and among those first come, first served. One account never
/// has more than half of what background may have, and what takes very long stops to count, so that
/// an account that answers slowly, or not at all, holds up no other.
///
/// Halves what Stripe complained about, then recovers by a twentieth of the full value per second.
class Budget {
public:
    struct Options {
        double rate = 20;   ///< calls per second
        double burst = 0;   ///< how many at once after a pause; 0: a quarter of the rate
        int in_flight = 8;  ///< calls at a time
        double reserved_share = 0.2;
    };

    /// What Stripe complained about.
    enum class Excess { rate, concurrency };

    Budget(Clock& clock, Options options);
    Budget(const Budget&) = delete;
    Budget& operator=(const Budget&) = delete;

    /// A call that is under way.
    struct UnderWay {
        std::string account;
        std::chrono::steady_clock::time_point since;
    };
    using Call = std::list<UnderWay>::iterator;

    /// Returns when a call to the account, or to the platform's own when it is empty, may be sent;
    /// release() is owed for it. Throws Cancelled when `stop` comes first, and then nothing is
    /// owed.
    Task<Call> acquire(Priority priority, std::string account, std::stop_token stop);
    void release(Call call) noexcept;

    /// Pays what acquire() owes.
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

    /// Stripe refused a call; no call is sent for `pause`. Several complaints within a second count
    /// as one: the calls were in flight together.
    void throttled(Excess excess, std::chrono::milliseconds pause);

    /// A new full rate, for daemons that share one allowance.
    void set_rate(double per_second);

    /// For metrics.
    int in_flight() const noexcept { return static_cast<int>(under_way_.size()); }
    int waiting() const noexcept;
    double rate() const noexcept { return rate_; }
    int in_flight_limit() const noexcept { return static_cast<int>(limit_); }

private:
    using Time = std::chrono::steady_clock::time_point;
    struct Waiter;
    class Place;

    std::list<Waiter*>& queue(Priority priority) noexcept;
    const std::list<Waiter*>& queue(Priority priority) const noexcept;
    bool background_is_due() const noexcept;
    double needed_tokens(Priority priority) const noexcept;
    int usable_slots(Priority priority) const noexcept;
    int counted() const noexcept;
    int calls_of(const std::string& account) const noexcept;
    Waiter* next(Priority priority) const noexcept;
    bool has_room(Priority priority, const std::string& account) const noexcept;
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
    int passed_over_ = 0;  // interactive calls since background began to wait
    double tokens_;
    double rate_;
    double limit_;
    Time refilled_;
    Time slowed_;
};

}  // namespace paysync::stripe
