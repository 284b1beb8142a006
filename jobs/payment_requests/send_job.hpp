// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/job.hpp"
#include "jobs/payment_requests/delivery.hpp"
#include "jobs/payment_requests/sender_profile.hpp"
#include "jobs/payment_requests/settings.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace paysync {
class TaskGroup;
}

namespace paysync::payment_requests {

/// Sends the deliveries that are due. A pass settles what dead daemons left, then claims
/// deliveries as slots become free (`concurrency` are worked on at once, see Dispatch), and ends
/// when none is due. Claims are small, so that a delivery that is queued meanwhile does not wait
/// behind a long list of claimed ones.
class SendJob final : public Job {
public:
    SendJob(Settings settings, SenderProfile profile);

    std::string name() const override { return "payment_requests.send"; }
    std::chrono::milliseconds every() const override { return settings_.every; }
    std::vector<std::string> channels() const override { return {"pay_payment_request"}; }
    Task<void> run(Context& context) override;

private:
    struct Pass;

    Task<void> settle_abandoned(Context& context);
    Task<void> send_all(Context& context, Pass& pass, std::stop_token stop);
    Task<void> claim_and_send(Context& context, Pass& pass, TaskGroup& sending,
                              std::stop_token stop);
    Task<void> send_one(Context& context, Pass& pass, Delivery delivery, std::stop_token stop);

    Settings settings_;
    SenderProfile profile_;
    std::string last_company_;                           ///< whose turn in the queue was last
    std::optional<std::int64_t> token_;                  ///< of the next pass
    std::chrono::steady_clock::time_point settle_at_{};  ///< when settle_abandoned() looks again
};

}  // namespace paysync::payment_requests
