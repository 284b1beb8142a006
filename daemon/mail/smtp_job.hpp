// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/loop/event.hpp"
#include "daemon/loop/loop.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

namespace paysync::mail {

/// One letter between the coroutine that sends it, on the loop thread, and the thread that carries
/// it. The carrier stops before the final dot and goes on only by the coroutine's word.
class SmtpJob {
public:
    /// What the carrier found out; read by the coroutine after done().
    struct Result {
        int curl_code = 0;
        int smtp_code = 0;
        bool reused = false;  ///< the connection had carried a letter before
        std::string reply;
        std::string problem;
    };

    SmtpJob(Loop& loop, std::string from_path, std::string to_path, const std::string& message)
        : from(std::move(from_path)),
          to(std::move(to_path)),
          bytes(message),
          loop_(loop),
          at_dot_(loop),
          done_(loop) {}

    const std::string from;    ///< in angle brackets
    const std::string to;      ///< in angle brackets
    const std::string& bytes;  ///< the sender's; CRLF line ends

    // For the coroutine.
    /// Signalled before the dot, or at the end when it comes first.
    Event& at_dot() noexcept { return at_dot_; }
    Event& done() noexcept { return done_; }
    bool ended() const noexcept { return ended_; }
    const Result& result() const noexcept { return result_; }
    /// The dot may go out, or the letter is given up wherever it is; the first word counts.
    void decide(bool release);
    /// After done(): the dot was let go.
    bool dot_released();

    // For the carrier.
    /// Waits for the coroutine's word; true when the dot may go out.
    bool wait_at_dot();
    bool is_cut();
    void finish(Result result);

private:
    enum class Verdict { open, release, cut };

    Loop& loop_;
    Event at_dot_;        // loop thread
    Event done_;          // loop thread
    bool ended_ = false;  // loop thread
    Result result_;       // the carrier's until finish()
    std::mutex mutex_;
    std::condition_variable decided_;
    Verdict verdict_ = Verdict::open;  // guarded by mutex_
};

}  // namespace paysync::mail
