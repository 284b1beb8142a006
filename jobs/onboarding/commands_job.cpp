// SPDX-License-Identifier: MIT
#include "jobs/onboarding/commands_job.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/crash_point.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "jobs/accounts/suspicion_store.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/frame/lease_keeper.hpp"
#include "jobs/frame/retry_until_stored.hpp"
#include "jobs/onboarding/command_executor.hpp"
#include "jobs/stripe/error.hpp"

namespace paysync::onboarding {

namespace {

constexpr int kCommandBatch = 16;
constexpr double kCommandRetrySeconds = 10;
constexpr double kNotYetRetrySeconds = 1;
constexpr double kInternalErrorRetrySeconds = 60;
constexpr int kInternalErrorTries = 10;

}  // namespace

/// How a failed command goes on. `code` and `problem` are shown to the application.
struct CommandsJob::Failure {
    std::string code;
    std::string problem;
    bool retry = false;
    double delay_seconds = kCommandRetrySeconds;
    bool waits_for_us = false;     ///< NotYet: normal progress, not counted as a failure
    bool account_suspect = false;  ///< Stripe says that the account is not connected
};

Task<void> CommandsJob::run(Context& context) {
    const auto lease_seconds = std::chrono::duration<double>(context.leases.duration).count();
    for (;;) {
        const auto commands = co_await context.db.run(store::claim_commands, kCommandBatch,
                                                      lease_seconds, context.daemon_id);
        if (commands.empty())
            co_return;
        LeaseKeeper keeper(context, store::kCommandLeases, commands.front().token);
        co_await keeper.during(run_batch(context, commands, keeper.work_stop()));
    }
}

Task<void> CommandsJob::run_batch(Context& context, std::vector<store::Command> commands,
                                  std::stop_token stop) {
    TaskGroup working(context.loop);
    for (const auto& command : commands)
        working.spawn(run_one(context, command, stop));
    co_await working.join();
}

Task<void> CommandsJob::run_one(Context& context, store::Command command, std::stop_token stop) {
    CommandExecutor executor(context, settings_);
    std::exception_ptr error;
    try {
        const auto result = co_await executor.execute(command, stop);
        crash_point("before-command-end");
        co_await retry_until_stored(context, store::finish_command, command.lease(), result);
        crash_point("after-command-end");
        context.report.did();
        log::about()
            .company(command.company)
            .info("company {}: command {} ({}): done", command.company, command.kind,
                  command.command_id);
    } catch (const store::LeaseLost& e) {
        log::about()
            .company(command.company)
            .warn("company {}: {}; nothing was changed", command.company, e.what());
    } catch (...) {
        error = std::current_exception();
    }
    if (!error)
        co_return;
    const Failure failure = classify_failure(error, command);
    co_await record_failure(context, command, failure);
}

CommandsJob::Failure CommandsJob::classify_failure(std::exception_ptr error,
                                                   const store::Command& command) {
    Failure failure;
    try {
        std::rethrow_exception(error);
    } catch (const Cancelled&) {
        throw;
    } catch (const db::Unavailable&) {
        throw;
    } catch (const Refused& e) {
        failure.code = e.code();
        failure.problem = e.what();
    } catch (const NotYet& e) {
        failure.code = "not_yet";
        failure.problem = e.what();
        failure.retry = true;
        failure.delay_seconds = kNotYetRetrySeconds;
        failure.waits_for_us = true;
    } catch (const stripe::Error& e) {
        // A refused key is not the command's fault: it waits until the operator has repaired it.
        failure.retry = e.retryable() || e.key_refused();
        failure.code = failure.retry ? "stripe_unavailable" : "stripe_refused";
        failure.problem = e.what();
        failure.account_suspect = e.account_lost() && !command.current_account.empty();
    } catch (const std::exception& e) {
        failure.code = "internal_error";
        failure.problem = e.what();
        failure.retry = command.attempts < kInternalErrorTries;
        failure.delay_seconds = kInternalErrorRetrySeconds;
    }
    return failure;
}

Task<void> CommandsJob::record_failure(Context& context, store::Command command, Failure failure) {
    if (failure.account_suspect)
        co_await retry_until_stored(context, store::suspect_account, command.current_account,
                                    std::string("a command was refused"));
    if (!failure.waits_for_us)
        context.report.failed("command " + command.command_id + ": " + failure.code);
    if (failure.retry) {
        log::about()
            .company(command.company)
            .warn("company {}: command {} ({}): {}; retrying in {} s", command.company,
                  command.kind, command.command_id, failure.problem, failure.delay_seconds);
        co_await retry_until_stored(context, store::retry_command_later, command.lease(),
                                    failure.delay_seconds, failure.code, failure.problem);
    } else {
        log::about()
            .company(command.company)
            .warn("company {}: command {} ({}): failed: {}: {}", command.company, command.kind,
                  command.command_id, failure.code, failure.problem);
        co_await retry_until_stored(context, store::fail_command, command.lease(), failure.code,
                                    failure.problem);
    }
}

}  // namespace paysync::onboarding
