// SPDX-License-Identifier: MIT
#include "daemon/base/mail/smtp_transfer.hpp"

#include <utility>

namespace paysync::mail {

void SmtpTransfer::decide(Decision decision) {
    {
        const std::lock_guard lock(mutex_);
        if (decision_ == Decision::none)
            decision_ = decision;
    }
    decided_.notify_all();
}

bool SmtpTransfer::wait_for_decision() {
    loop_.post([this] { at_dot_.signal(); });
    std::unique_lock lock(mutex_);
    decided_.wait(lock, [this] { return decision_ != Decision::none; });
    return decision_ == Decision::send_dot;
}

bool SmtpTransfer::aborted() {
    const std::lock_guard lock(mutex_);
    return decision_ == Decision::abort;
}

void SmtpTransfer::finish(SendResult result) {
    loop_.post([this, result = std::move(result)]() mutable {
        result_ = std::move(result);
        at_dot_.signal();
        done_.signal();
        loop_.release();
    });
}

}  // namespace paysync::mail
