// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task_group.hpp"
#include "jobs/frame/job.hpp"
#include "jobs/payment_requests/request.hpp"
#include "jobs/payment_requests/sender.hpp"
#include "jobs/payment_requests/settings.hpp"
#include "jobs/payment_requests/steps.hpp"

namespace paysync::payment_requests {

/// Sends the mails that are due, several at once, until none is left.
class SendJob final : public Job {
public:
    SendJob(Settings settings, Sender sender);

    std::string name() const override { return "payment_requests.send"; }
    std::chrono::milliseconds every() const override { return settings_.every; }
    std::vector<std::string> channels() const override { return {"pay_payment_request"}; }
    Task<void> run(Context& context) override;

private:
    /// What the mails of a pass share.
    struct Pass;

    Task<void> settle_abandoned(Context& context);
    Task<void> work_off(Context& context, Pass& pass, std::stop_token stop);
    Task<void> hand_out(Context& context, Pass& pass, TaskGroup& working, std::stop_token stop);
    Task<void> work_one(Context& context, Pass& pass, Delivery delivery, std::stop_token stop);

    Settings settings_;
    Sender sender_;
    std::string after_;                  ///< the company whose turn in the queue was last
    std::optional<std::int64_t> token_;  ///< of the next pass
    std::chrono::steady_clock::time_point settle_at_{};  ///< when settle_abandoned() looks again
};

}  // namespace paysync::payment_requests
