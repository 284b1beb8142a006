// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/maildir.hpp"
#include "jobs/frame/job.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

namespace paysync::payment_requests {

/// Reads the mailbox to which mail servers return messages that they could not deliver, and marks
/// the deliveries as `bounced`.
class BouncesJob final : public Job {
public:
    BouncesJob(std::filesystem::path maildir, std::chrono::milliseconds every)
        : maildir_(std::move(maildir)), every_(every) {}

    std::string name() const override { return "payment_requests.bounces"; }
    std::chrono::milliseconds every() const override { return every_; }
    Task<void> run(Context& context) override;

private:
    Task<void> process(Context& context, std::string name);

    mail::Maildir maildir_;
    std::chrono::milliseconds every_;
};

}  // namespace paysync::payment_requests
