// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/job.hpp"
#include "jobs/onboarding/command_store.hpp"
#include "jobs/onboarding/settings.hpp"

#include <stop_token>

namespace paysync::onboarding {

/// The job `onboarding.commands`: executes the commands that applications insert into pay.command.
///
/// A pass claims batches until nothing is due. The commands of a batch run side by side, each in a
/// coroutine of its own; commands of the same company never do (see claim_commands()). The result,
/// or the classified failure, is written with retry_until_stored(), because Stripe may have done
/// something that must not be forgotten.
class CommandsJob final : public Job {
public:
    explicit CommandsJob(Settings settings) : settings_(std::move(settings)) {}

    std::string name() const override { return "onboarding.commands"; }
    std::chrono::milliseconds every() const override { return settings_.hot_every; }
    std::vector<std::string> channels() const override { return {"pay_command"}; }
    Task<void> run(Context& context) override;

private:
    struct Failure;

    Task<void> run_batch(Context& context, std::vector<store::Command> commands,
                         std::stop_token stop);
    Task<void> run_one(Context& context, store::Command command, std::stop_token stop);
    /// Rethrows what is not the command's failure: Cancelled, db::Unavailable, LeaseLost.
    static Failure classify_failure(std::exception_ptr error, const store::Command& command);
    Task<void> record_failure(Context& context, store::Command command, Failure failure);

    Settings settings_;
};

}  // namespace paysync::onboarding
