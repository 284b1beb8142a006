// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/job.hpp"
#include "jobs/payment_requests/link.hpp"
#include "jobs/payment_requests/links_store.hpp"
#include "jobs/payment_requests/settings.hpp"

#include <chrono>
#include <string>

namespace paysync {
class TaskGroup;
}

namespace paysync::payment_requests {

/// Keeps payment links in step with their requests:
///   - closes requests whose `expires_at` has passed;
///   - deactivates links that are not wanted, and reads each again to be sure. A payer could pay
///     twice by an old link that still works;
///   - makes links for open requests that want one without a message;
///   - reads wanted links that may be off or used up at Stripe;
///   - finishes calls that may have made a link nobody knows of;
///   - walks slowly through the live links of all accounts (link_sweep.hpp);
///   - does what follows from a change in batches (`pay_private.follow_up`).
///
/// A pass claims a few pieces of work at a time, in turns among companies, as places become free.
/// Between two claims it closes one batch of expired requests and does one batch of a follow-up. So
/// a company that cancels 400 requests, or 400,000 requests that expire at once, delay nobody by
/// more than a turn.
class LinksJob final : public Job {
public:
    explicit LinksJob(Settings settings) : settings_(settings) {}

    std::string name() const override { return "payment_requests.links"; }
    std::chrono::milliseconds every() const override { return settings_.every; }
    std::vector<std::string> channels() const override { return {"pay_link_due"}; }
    Task<void> run(Context& context) override;

private:
    struct Pass;

    Task<void> work(Context& context, Pass& pass, TaskGroup& working);
    Task<bool> expire_batch(Context& context, Pass& pass);
    Task<void> one(Context& context, Pass& pass, std::string company, Task<void> piece);
    Task<void> deactivate(Context& context, Pass& pass, store::UnwantedLink link);
    Task<void> check(Context& context, Pass& pass, store::DoubtfulLink link);
    Task<void> make(Context& context, Pass& pass, Request request);
    Task<void> finish_call(Context& context, Pass& pass, store::UnfinishedCall unfinished);
    Task<void> sweep(Context& context, Pass& pass);
    Task<void> refused(Context& context, LinkRefused error, std::string account_id,
                       std::string cause);

    Settings settings_;
    std::string last_company_;          ///< whose turn of links was last
    std::string last_expired_company_;  ///< whose turn of expiring requests was last
    std::chrono::steady_clock::time_point background_at_{};  ///< next page of a walk, old calls
    std::chrono::steady_clock::time_point add_sweeps_at_{};
};

}  // namespace paysync::payment_requests
