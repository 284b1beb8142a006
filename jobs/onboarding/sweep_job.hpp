// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/job.hpp"
#include "jobs/onboarding/settings.hpp"

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace paysync::onboarding {

/// The job `onboarding.sweep`: compares all accounts with Stripe's list of them, 100 a call.
/// Stripe does not report changes to paysync, so this is how a change is noticed when nobody asked
/// for the account. One daemon sweeps at a time.
///
/// A sweep has three parts:
/// 1. read the complete list and store differences aside (store::store_differences());
/// 2. count the stages that would change and the accounts that were not listed, and ask the fuse;
/// 3. write the differences, and record accounts that were not listed as suspects.
///
/// A sweep that ends early, for whatever reason, writes nothing.
class SweepJob final : public Job {
public:
    explicit SweepJob(Settings settings) : settings_(std::move(settings)) {}

    std::string name() const override { return "onboarding.sweep"; }
    std::chrono::milliseconds every() const override { return settings_.every; }
    Task<void> run(Context& context) override;

private:
    struct ListedAccounts;

    Task<void> sweep(Context& context, std::int64_t token, std::stop_token stop);
    Task<void> read_list(Context& context, std::int64_t token, ListedAccounts& listed,
                         std::stop_token stop);
    Task<std::vector<std::string>> find_missing(Context& context, const ListedAccounts& listed);

    Settings settings_;
};

}  // namespace paysync::onboarding
