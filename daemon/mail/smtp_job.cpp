// SPDX-License-Identifier: MIT
#include "daemon/mail/smtp_job.hpp"

namespace paysync::mail {

void SmtpJob::decide(bool release) {
    {
        const std::lock_guard lock(mutex_);
        if (verdict_ == Verdict::open)
            verdict_ = release ? Verdict::release : Verdict::cut;
    }
    decided_.notify_all();
}

bool SmtpJob::dot_released() {
    const std::lock_guard lock(mutex_);
    return verdict_ == Verdict::release;
}

bool SmtpJob::wait_at_dot() {
    loop_.post([this] { at_dot_.signal(); });
    std::unique_lock lock(mutex_);
    decided_.wait(lock, [this] { return verdict_ != Verdict::open; });
    return verdict_ == Verdict::release;
}

bool SmtpJob::is_cut() {
    const std::lock_guard lock(mutex_);
    return verdict_ == Verdict::cut;
}

void SmtpJob::finish(Result result) {
    loop_.post([this, result = std::move(result)]() mutable {
        result_ = std::move(result);
        ended_ = true;
        at_dot_.signal();
        done_.signal();
        loop_.release();
    });
}

}  // namespace paysync::mail
