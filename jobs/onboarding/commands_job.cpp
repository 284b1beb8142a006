// SPDX-License-Identifier: MIT
#include "jobs/onboarding/commands_job.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/crash_point.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "jobs/accounts/suspicion_store.hpp"
#include "jobs/frame/lease.hpp"
#include "jobs/frame/patiently.hpp"
#include "jobs/onboarding/commands.hpp"
#include "jobs/stripe/error.hpp"

namespace paysync::onboarding {

namespace {

constexpr int kCommandBatch = 16;
constexpr double kRetrySeconds = 10;
constexpr int kTries = 10;  // for what ought not to happen

}  // namespace

Task<void> CommandsJob::run(Context& context) {
    const auto lease_seconds = std::chrono::duration<double>(context.leases.duration).count();
    for (;;) {
        auto commands = co_await context.db.run(store::claim_commands, kCommandBatch, lease_seconds,
                                                context.daemon_id);
        if (commands.empty())
            co_return;
        co_await work_off(context, std::move(commands));
    }
}

Task<void> CommandsJob::work_off(Context& context, std::vector<store::Command> commands) {
    LeaseKeeper keeper(context, store::renew_command_leases, store::release_command_leases,
                       commands.front().token);
    co_await keeper.during(work_all(context, commands, keeper.work_stop()));
}

Task<void> CommandsJob::work_all(Context& context, std::vector<store::Command> commands,
                                 std::stop_token stop) {
    TaskGroup working(context.loop);
    for (const auto& command : commands)
        working.spawn(work_one(context, command, stop));
    co_await working.join();
}

Task<void> CommandsJob::work_one(Context& context, store::Command command, std::stop_token stop) {
    Commands commands(context, settings_);
    std::string code;
    std::string problem;
    bool again = false;
    bool lost = false;
    double delay = kRetrySeconds;
    try {
        const auto result = co_await commands.carry_out(command, stop);
        crash_point("before-command-end");
        co_await patiently(context, store::finish, command.command_id, command.token, result);
        crash_point("after-command-end");
        context.report.did();
        log::about()
            .company(command.company)
            .info("company {}: command {} ({}) is done", command.company, command.kind,
                  command.command_id);
        co_return;
    } catch (const Refused& e) {
        code = e.code();
        problem = e.what();
    } catch (const NotYet& e) {
        again = true;
        delay = 1;
        code = "not_yet";
        problem = e.what();
    } catch (const stripe::Error& e) {
        // A refused key is no command's fault: it waits until the operator has mended it.
        again = e.retryable() || e.key_refused();
        lost = e.account_lost();
        code = again ? "stripe_unavailable" : "stripe_refused";
        problem = e.what();
    } catch (const Cancelled&) {
        throw;
    } catch (const db::Unavailable&) {
        throw;
    } catch (const store::LeaseLost& e) {
        log::about().company(command.company).warn("company {}: {}", command.company, e.what());
        co_return;
    } catch (const std::exception& e) {
        again = command.attempts < kTries;
        delay = 60;
        code = "internal_error";
        problem = e.what();
    }
    if (lost && !command.current_account.empty())
        co_await patiently(context, store::suspect_one, command.current_account,
                           std::string("a command was refused"));
    if (code != "not_yet")
        context.report.failed("command " + command.command_id + ": " + code);
    if (again) {
        log::about()
            .company(command.company)
            .warn("company {}: command {} ({}): {}; tried again in {} s", command.company,
                  command.kind, command.command_id, problem, delay);
        co_await patiently(context, store::postpone_command, command.command_id, command.token,
                           delay, code, problem);
    } else {
        log::about()
            .company(command.company)
            .warn("company {}: command {} ({}) failed: {}: {}", command.company, command.kind,
                  command.command_id, code, problem);
        co_await patiently(context, store::fail_command, command.command_id, command.token, code,
                           problem);
    }
}

}  // namespace paysync::onboarding
