// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/maildir.hpp"
#include "jobs/frame/job.hpp"

#include <filesystem>

namespace paysync::payment_requests {

/// Reads the mailbox into which mail servers return what they could not deliver.
class BouncesJob final : public Job {
public:
    BouncesJob(std::filesystem::path maildir, std::chrono::milliseconds every)
        : maildir_(std::move(maildir)), every_(every) {}

    std::string name() const override { return "payment_requests.bounces"; }
    std::chrono::milliseconds every() const override { return every_; }
    Task<void> run(Context& context) override;

private:
    Task<void> take(Context& context, std::string name);

    mail::Maildir maildir_;
    std::chrono::milliseconds every_;
};

}  // namespace paysync::payment_requests
