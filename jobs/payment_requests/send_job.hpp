// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/job.hpp"
#include "jobs/payment_requests/delivery.hpp"
#include "jobs/payment_requests/queue_store.hpp"
#include "jobs/payment_requests/sender_profile.hpp"
#include "jobs/payment_requests/settings.hpp"

#include <chrono>
#include <cstdint>
#include <map>
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
/// 1. claims deliveries and gives each to a Dispatch; each mail account has `concurrency` slots
///    (Slots), and the line of an account that is paused or has no free slot is not asked for;
/// 2. claims again whenever a quarter of an account's slots are free, and ends when none is due;
/// 3. beside that, on a clock of its own, does what must not wait for the end of a pass: decides
///    about deliveries whose daemon died after their commit point (settle_abandoned()), makes
///    deliveries due whose company is connected again, and moves those of mail accounts that the
///    configuration does not name.
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
    class UnderWay;
    using Time = std::chrono::steady_clock::time_point;

    Task<void> send_all(Context& context, Pass& pass, std::stop_token stop);
    Task<void> claim_and_send(Context& context, Pass& pass, TaskGroup& sending,
                              std::stop_token stop);
    std::vector<store::Line> open_lines(Context& context, const Pass& pass) const;
    Task<void> send_one(Context& context, Pass& pass, Delivery delivery, std::stop_token stop);

    Task<void> keep_house(Context& context, Pass& pass, std::stop_token stop);
    Task<void> do_chores(Context& context, Pass& pass);
    Task<void> settle_abandoned(Context& context);

    Settings settings_;
    SenderProfile profile_;
    std::map<std::string, std::string> last_companies_;  ///< whose turn was last, for each line
    std::optional<std::int64_t> token_;                  ///< of the next pass
    Time settle_at_{};                                   ///< of the next settle_abandoned()
    Time look_for_strays_at_{};
    std::string unknown_account_;  ///< of the last stray deliveries, for the log
};

}  // namespace paysync::payment_requests
