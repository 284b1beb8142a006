// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/job.hpp"
#include "jobs/payment_requests/requests_store.hpp"
#include "jobs/payment_requests/settings.hpp"

namespace paysync::payment_requests {

/// Sends the payment requests that are due, several at once, until none is left.
class SendJob final : public Job {
public:
    SendJob(Settings settings, Sender sender);

    std::string name() const override { return "payment_requests.send"; }
    std::chrono::milliseconds every() const override { return settings_.every; }
    std::vector<std::string> channels() const override { return {"pay_payment_request"}; }
    Task<void> run(Context& context) override;

private:
    Task<void> settle_abandoned(Context& context);
    Task<void> work_off(Context& context, store::Claim claim);
    Task<void> work_all(Context& context, store::Claim claim, std::stop_token stop);
    Task<void> work_one(Context& context, store::Request request, std::int64_t token,
                        std::stop_token stop);

    Settings settings_;
    Sender sender_;
    std::string account_problem_;  // of the current pass
};

}  // namespace paysync::payment_requests
