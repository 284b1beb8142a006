// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task.hpp"
#include "jobs/onboarding/command_store.hpp"

#include <stdexcept>
#include <stop_token>
#include <string>

namespace paysync {
struct Context;
}

namespace paysync::onboarding {

struct Settings;

/// A command that cannot be executed. Code and text are shown to the application that asked.
class Refused final : public std::runtime_error {
public:
    Refused(std::string code, const std::string& text)
        : std::runtime_error(text), code_(std::move(code)) {}
    const std::string& code() const noexcept { return code_; }

private:
    std::string code_;
};

/// A command that must wait for another job of paysync and is retried soon.
class NotYet final : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Executes one claimed command.
///
/// The daemon may die at any step, and the next claim starts the command again from the beginning.
/// Therefore every step can be repeated: a call that writes at Stripe is stored with its
/// idempotency key before it is sent (stripe::begin_call), so its repetition returns the same
/// object.
///
/// Example, `connect` for a new account:
/// 1. store the call and POST /v1/accounts; the key is derived from the command's id;
/// 2. store::link_account(): the company has an integration now;
/// 3. POST /v1/account_links; the key is derived from the lease token, because a link works once;
/// 4. store::onboarding_link_issued() and store::start_active_reads();
/// 5. the result is the link's URL; CommandsJob stores it with store::finish_command().
class CommandExecutor {
public:
    CommandExecutor(Context& context, const Settings& settings)
        : context_(context), settings_(settings) {}

    /// Throws Refused, NotYet, store::LeaseLost, stripe::Error, db::Unavailable or Cancelled.
    Task<store::CommandResult> execute(store::Command command, std::stop_token stop);

private:
    // One function for each kind of command.
    Task<store::CommandResult> connect(store::Command command, std::stop_token stop);
    Task<store::CommandResult> complete_oauth(store::Command command, std::stop_token stop);
    Task<store::CommandResult> manage(store::Command command, std::stop_token stop);
    Task<store::CommandResult> refresh(store::Command command, std::stop_token stop);
    Task<store::CommandResult> disconnect(store::Command command, std::stop_token stop);
    Task<store::CommandResult> reconnect(store::Command command, std::stop_token stop);
    Task<store::CommandResult> update_settings(store::Command command, std::stop_token stop);

    Task<std::string> create_account(store::Command command, std::stop_token stop);
    Task<store::CommandResult> create_onboarding_link(store::Command command,
                                                      std::string account_id, std::stop_token stop);
    Task<void> deauthorize(std::string account_id, std::stop_token stop);
    Task<void> read_account(std::string account_id, std::string cause, std::stop_token stop);

    Context& context_;
    const Settings& settings_;
};

/// How long an account counts as active after a command, so that ActiveOnboardingJob reads it
/// often.
inline constexpr double kActiveSeconds = 1800;

}  // namespace paysync::onboarding
