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

/// Sends the deliveries that are due. A pass
///
/// 1. decides about deliveries whose daemon died after their commit point (settle_abandoned());
/// 2. claims deliveries and gives each to a Dispatch, `concurrency` at once;
/// 3. claims again whenever a quarter of them have ended, and ends when none is due.
///
/// All claims of a pass have one lease token, which LeaseKeeper renews. A claim takes no more
/// deliveries than can begin at once, so that one that is queued meanwhile does not wait behind a
/// long list of claimed ones.
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
    std::chrono::steady_clock::time_point settle_at_{};  ///< of the next settle_abandoned()
};

}  // namespace paysync::payment_requests
