// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/smtp_account.hpp"

#include <chrono>
#include <string>

namespace paysync::mail {

/// How fast letters go to an account or to a domain: a token bucket, a number of letters under way
/// that shrinks when letters are put off and grows again, and pauses. Counts only; the time is
/// given.
class Pace {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// A pause after a failure is `first` long, twice that after the next failure, at most
    /// `longest`.
    struct Pauses {
        std::chrono::milliseconds first;
        std::chrono::milliseconds longest;
    };

    explicit Pace(Limits limits) : limits_(limits), window_(limits.connections) {}

    /// The next letter goes not before this; at most `now` when it may go at once.
    Time free_at(Time now) const;
    /// As many letters are under way as may be.
    bool full() const;
    /// Nothing goes before the end of a pause.
    bool paused(Time now) const { return now < paused_until_; }

    /// A letter goes: takes its token and its place.
    void begin(Time now);
    /// It has ended, or never went.
    void end() { --under_way_; }

    /// What it came to, for a letter that went at `began`: one that went before the present pause
    /// says nothing about it, and the answer is false.
    bool succeeded(Time began);
    bool failed(Time began, Time now, const Pauses& pauses, const std::string& reason);
    /// It was put off: fewer at once from now on.
    void put_off();

    const std::string& reason() const noexcept { return reason_; }
    /// Nobody needs it: it would be the same if it were made anew.
    bool forgettable(Time now) const;

    /// For letters that are sent back to the queue: each gets a later time, so that they come back
    /// at the pace at which they can go.
    Time promise(Time now, Time earliest);

private:
    std::chrono::nanoseconds interval() const;

    Limits limits_;
    int window_;  // 0: no limit
    int under_way_ = 0;
    Time next_;      // when the next token is there
    Time promised_;  // the last promise
    Time paused_since_;
    Time paused_until_;
    int failures_ = 0;  // since the last success
    std::string reason_;
};

}  // namespace paysync::mail
