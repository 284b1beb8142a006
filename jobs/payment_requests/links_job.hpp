// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/job.hpp"
#include "jobs/payment_requests/link.hpp"
#include "jobs/payment_requests/links_store.hpp"
#include "jobs/payment_requests/settings.hpp"

namespace paysync::payment_requests {

/// Keeps payment links in step with their requests. Each pass
///   - expires requests whose `expires_at` has passed;
///   - deactivates the links of requests that are paid, cancelled, expired or failed, and reads
///     each link again to be sure. A payer could pay twice by an old link that still works;
///   - makes links for open requests that want one without a message.
class LinksJob final : public Job {
public:
    explicit LinksJob(Settings settings) : settings_(settings) {}

    std::string name() const override { return "payment_requests.links"; }
    std::chrono::milliseconds every() const override { return settings_.every; }
    std::vector<std::string> channels() const override { return {"pay_link_due"}; }
    Task<void> run(Context& context) override;

private:
    Task<int> expire(Context& context);
    Task<void> deactivate_unwanted(Context& context);
    Task<void> make_missing(Context& context);
    Task<void> make(Context& context, BeginCall& begin_call, Request request);
    Task<void> deactivate(Context& context, store::UnwantedLink link);
    Task<void> deactivate_and_verify(Context& context, store::UnwantedLink link);

    Settings settings_;
};

}  // namespace paysync::payment_requests
