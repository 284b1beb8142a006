// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/context.hpp"
#include "jobs/onboarding/command_store.hpp"
#include "jobs/onboarding/integration_store.hpp"
#include "jobs/onboarding/settings.hpp"

#include <stdexcept>
#include <string>

namespace paysync::onboarding {

/// A command that cannot be carried out, in words for the application that asked.
class Refused final : public std::runtime_error {
public:
    Refused(std::string code, const std::string& text)
        : std::runtime_error(text), code_(std::move(code)) {}
    const std::string& code() const noexcept { return code_; }

private:
    std::string code_;
};

/// A command that waits for something of ours and is tried again soon.
class NotYet final : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Carries out commands. Each may be repeated after a crash at any step: what Stripe already did is
/// found by the stored idempotency key.
class Commands {
public:
    Commands(Context& context, const Settings& settings) : context_(context), settings_(settings) {}

    /// Throws Refused, NotYet, stripe::Error, db::Unavailable or Cancelled.
    Task<store::Result> carry_out(store::Command command, std::stop_token stop);

private:
    Task<store::Result> connect(store::Command command, std::stop_token stop);
    Task<store::Result> complete_oauth(store::Command command, std::stop_token stop);
    Task<store::Result> manage(store::Command command, std::stop_token stop);
    Task<store::Result> refresh(store::Command command, std::stop_token stop);
    Task<store::Result> disconnect(store::Command command, std::stop_token stop);
    Task<store::Result> reconnect(store::Command command, std::stop_token stop);
    Task<store::Result> update_settings(store::Command command, std::stop_token stop);

    Task<std::string> create_account(store::Command command, std::stop_token stop);
    Task<store::Result> onboarding_link(store::Command command, std::string account_id,
                                        std::stop_token stop);
    Task<void> deauthorize(std::string account_id, std::stop_token stop);
    Task<void> read_account(std::string account_id, std::string cause, std::stop_token stop);

    Context& context_;
    const Settings& settings_;
};

/// The right to act for a claimed command.
store::Lease lease_of(const store::Command& command);

/// How long an account is read often after a command had to do with it.
inline constexpr double kHotSeconds = 1800;

/// One line for the log for each company whose stage changed.
void log_changes(const std::vector<store::Change>& changes);

}  // namespace paysync::onboarding
