// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/event.hpp"
#include "daemon/base/loop/loop.hpp"
#include "daemon/base/mail/outcome.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

namespace paysync::mail {

/// One letter between the coroutine that sends it, on the loop thread, and the thread that carries
/// it. The carrier stops before the final dot and goes on only by the coroutine's word.
class SmtpJob {
public:
    SmtpJob(Loop& loop, std::string from_path, std::string to_path, bool utf8_path,
            const std::string& message)
        : from(std::move(from_path)),
          to(std::move(to_path)),
          utf8(utf8_path),
          bytes(message),
          loop_(loop),
          at_dot_(loop),
          done_(loop) {}

    const std::string from;    ///< in angle brackets
    const std::string to;      ///< in angle brackets
    const bool utf8;           ///< `to` has letters outside ASCII
    const std::string& bytes;  ///< the sender's; CRLF line ends

    // For the coroutine.
    /// Signalled before the dot, or at the end when it comes first.
    Event& at_dot() noexcept { return at_dot_; }
    Event& done() noexcept { return done_; }
    bool ended() const noexcept { return ended_; }
    /// After done().
    const Outcome& outcome() const noexcept { return outcome_; }
    /// After done(): the carrier gave up because it was told to.
    bool given_up() const noexcept { return given_up_; }
    /// The dot may go out, or the letter is given up wherever it is; the first word counts.
    void decide(bool release);

    // For the carrier.
    /// Waits for the coroutine's word; true when the dot may go out.
    bool wait_at_dot();
    bool is_cut();
    void finish(Outcome outcome, bool given_up);

private:
    enum class Word { none, release, cut };

    Loop& loop_;
    Event at_dot_;           // loop thread
    Event done_;             // loop thread
    bool ended_ = false;     // loop thread
    bool given_up_ = false;  // loop thread
    Outcome outcome_;        // loop thread
    std::mutex mutex_;
    std::condition_variable decided_;
    Word word_ = Word::none;  // guarded by mutex_
};

}  // namespace paysync::mail
