// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/smtp_account.hpp"

#include <chrono>
#include <string>

namespace paysync::mail {

/// Limits how fast messages go by one mail account, or to one recipient domain. Three limits work
/// together:
///
///   - a rate: a token bucket of one token, which saves nothing up while nobody sends;
///   - a window: how many messages may be under way at once. It is halved when the server defers a
///     message and grows by one with each message that it takes, up to the configured number;
///   - a pause after a failure: it doubles with each failure in a row, and when it is over, a
///     single message tries whether things work again.
///
/// Keeps numbers only: the caller gives the time and does the waiting (see MailAccounts).
class Pace {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// The first pause, and the longest one; each pause is twice as long as the one before.
    struct Pauses {
        std::chrono::milliseconds first;
        std::chrono::milliseconds longest;
    };

    explicit Pace(Limits limits) : limits_(limits), window_(limits.connections) {}

    /// When the rate and a pause allow the next message; `now` or earlier for at once.
    Time free_at(Time now) const;
    /// The window allows no further message.
    bool full() const;
    bool paused(Time now) const { return now < paused_until_; }
    /// Why the last pause began, in the server's words; empty after a success.
    const std::string& reason() const noexcept { return reason_; }

    /// A message is under way: takes a token and a place in the window.
    void begin(Time now);
    /// It has ended, or was never sent: gives the place back.
    void end() { --under_way_; }

    /// Reports the result of a message that began at `began`. Results of messages that began before
    /// the current pause are ignored: they tell nothing new. Returns whether it was taken.
    bool succeeded(Time began);
    bool failed(Time began, Time now, const Pauses& pauses, const std::string& reason);
    /// The server deferred a message: halves the window.
    void shrink_window();

    /// Reserves a later time, `earliest` or after it, for a message that goes back to the queue.
    /// The times are as far apart as the rate wants it, so that not all of them come back at once.
    Time reserve(Time now, Time earliest);

    /// Nothing is under way, paused or reserved: a new object would behave the same.
    bool is_pristine(Time now) const;

    /// Nothing is under way, and no limit applies now: all that a new object would lack is what was
    /// learned earlier.
    bool is_forgettable(Time now) const;

private:
    std::chrono::nanoseconds interval() const;

    Limits limits_;
    int window_;  // 0: no limit
    int under_way_ = 0;
    Time next_;      // when the next token is there
    Time reserved_;  // the last reserved time
    Time paused_since_;
    Time paused_until_;
    int failures_ = 0;  // since the last success
    std::string reason_;
};

}  // namespace paysync::mail
