// SPDX-License-Identifier: MIT
#include "daemon/base/mail/smtp_job.hpp"

namespace paysync::mail {

void SmtpJob::decide(bool release) {
    {
        const std::lock_guard lock(mutex_);
        if (word_ == Word::none)
            word_ = release ? Word::release : Word::cut;
    }
    decided_.notify_all();
}

bool SmtpJob::wait_at_dot() {
    loop_.post([this] { at_dot_.signal(); });
    std::unique_lock lock(mutex_);
    decided_.wait(lock, [this] { return word_ != Word::none; });
    return word_ == Word::release;
}

bool SmtpJob::is_cut() {
    const std::lock_guard lock(mutex_);
    return word_ == Word::cut;
}

void SmtpJob::finish(Outcome outcome, bool given_up) {
    loop_.post([this, given_up, outcome = std::move(outcome)]() mutable {
        outcome_ = std::move(outcome);
        given_up_ = given_up;
        ended_ = true;
        at_dot_.signal();
        done_.signal();
        loop_.release();
    });
}

}  // namespace paysync::mail
