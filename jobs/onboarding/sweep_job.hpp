// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/context.hpp"
#include "jobs/frame/job.hpp"
#include "jobs/onboarding/settings.hpp"
#include "jobs/onboarding/sweep_store.hpp"

#include <cstdint>
#include <stop_token>

namespace paysync::onboarding {

/// `onboarding.sweep`: reads the list of all accounts, a hundred a call, and writes what changed
/// once the whole list is there and the fuse does not object. One daemon at a time.
class SweepJob final : public Job {
public:
    explicit SweepJob(Settings settings) : settings_(std::move(settings)) {}

    std::string name() const override { return "onboarding.sweep"; }
    std::chrono::milliseconds every() const override { return settings_.every; }
    Task<void> run(Context& context) override;

private:
    /// What is kept of the accounts that were listed: eight bytes each.
    struct Listed;

    Task<void> sweep(Context& context, std::int64_t token, std::stop_token stop);
    Task<void> read_all(Context& context, std::int64_t token, Listed& listed, std::stop_token stop);
    Task<std::vector<std::string>> missing(Context& context, const Listed& listed);

    Settings settings_;
};

}  // namespace paysync::onboarding
