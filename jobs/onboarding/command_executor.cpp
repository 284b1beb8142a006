// SPDX-License-Identifier: MIT
#include "jobs/onboarding/command_executor.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/crash_point.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/onboarding/accounts_api.hpp"
#include "jobs/onboarding/integration_store.hpp"
#include "jobs/onboarding/oauth.hpp"
#include "jobs/onboarding/settings_push.hpp"
#include "jobs/onboarding/stage_log.hpp"
#include "jobs/onboarding/token.hpp"
#include "jobs/stripe/account.hpp"
#include "jobs/stripe/call_store.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/form.hpp"

namespace paysync::onboarding {

namespace {

constexpr int kReconnectTries = 5;  // within an hour
constexpr const char* kAccountsPath = "/v1/accounts/";

std::string idempotency_key(const store::Command& command, const char* step) {
    return "paysync:" + command.command_id + ":" + step;
}

/// The company's connected account. Throws Refused if there is none.
const std::string& connected_account(const store::Command& command) {
    if (command.current_account.empty() || command.current_stage == "disconnected")
        throw Refused("not_connected", "The company has no connected Stripe account.");
    return command.current_account;
}

}  // namespace

Task<store::CommandResult> CommandExecutor::execute(store::Command command, std::stop_token stop) {
    if (!command.company_enabled)
        throw Refused("company_not_enabled", settings_.contact);
    if (command.kind == "connect")
        return connect(std::move(command), std::move(stop));
    if (command.kind == "complete_oauth")
        return complete_oauth(std::move(command), std::move(stop));
    if (command.kind == "manage")
        return manage(std::move(command), std::move(stop));
    if (command.kind == "finalize" || command.kind == "refresh")
        return refresh(std::move(command), std::move(stop));
    if (command.kind == "disconnect")
        return disconnect(std::move(command), std::move(stop));
    if (command.kind == "reconnect")
        return reconnect(std::move(command), std::move(stop));
    if (command.kind == "update_settings" || command.kind == "update_branding")
        return update_settings(std::move(command), std::move(stop));
    throw Refused("unknown_command",
                  "This version of paysync does not know the command '" + command.kind + "'.");
}

Task<store::CommandResult> CommandExecutor::connect(store::Command command, std::stop_token stop) {
    if (!command.current_account.empty() && command.current_stage == "completed")
        throw Refused("already_connected", "The company's Stripe account is connected already.");
    if (command.existing) {
        OAuth oauth(context_, settings_);
        co_return co_await oauth.begin(command, "");
    }
    std::string account_id = command.current_stage == "disconnected" ? "" : command.current_account;
    if (account_id.empty())
        account_id = co_await create_account(command, stop);
    co_return co_await create_onboarding_link(command, account_id, stop);
}

Task<store::CommandResult> CommandExecutor::complete_oauth(store::Command command,
                                                           std::stop_token stop) {
    OAuth oauth(context_, settings_);
    co_return co_await oauth.complete(command, stop);
}

Task<std::string> CommandExecutor::create_account(store::Command command, std::stop_token stop) {
    const auto& configured = accounts_api(settings_);
    const auto call = co_await context_.db.run(
        stripe::begin_call, idempotency_key(command, "account"), std::string(),
        configured.accounts_path(), configured.account_body(command, settings_),
        std::string("account"), command.command_id);
    crash_point("after-account-key");
    // A call from before a restart is sent to the version of the API that it was stored for.
    const auto& api = accounts_api(call);
    stripe::Reply account;
    std::string account_id;
    if (call.age_seconds > api.idempotency_key_lifetime())
        account_id =
            co_await api.find_created_account(context_, command.command_id, call.age_seconds, stop);
    if (account_id.empty()) {
        account = co_await api.post(context_, call, stop);
        account_id = api.account_id(account.body);
        crash_point("after-account-post");
    }
    co_await context_.db.run(stripe::finish_call, call.key, 200, account_id, account.request_id);
    if (account.body.empty() || !api.answers_with_account())
        account = co_await context_.stripe.get(kAccountsPath + account_id, "",
                                               stripe::Priority::interactive, stop);
    log_changes(co_await context_.db.run(
        store::link_account, command.lease(), command.company, account.body, settings_.livemode,
        std::string("new"), command.email, std::string("connect"), account.request_id));
    crash_point("after-account");
    co_return account_id;
}

Task<store::CommandResult> CommandExecutor::create_onboarding_link(store::Command command,
                                                                   std::string account_id,
                                                                   std::stop_token stop) {
    // A link works for one visit and expires within minutes: each claim of the command creates a
    // new one, with a key of its own.
    const auto step = "link:" + std::to_string(command.token);
    const auto& api = accounts_api(settings_);
    const auto call = co_await context_.db.run(
        stripe::begin_call, idempotency_key(command, step.c_str()), std::string(), api.links_path(),
        api.link_body(account_id, settings_), std::string("account_link"), command.command_id);
    crash_point("after-account-link-key");
    const auto reply = co_await api.post(context_, call, stop);
    crash_point("after-account-link-post");
    const auto link = api.account_link(reply.body);
    co_await context_.db.run(stripe::finish_call, call.key, reply.status, account_id,
                             reply.request_id);
    co_await context_.db.run(store::onboarding_link_issued, command.lease(), account_id,
                             link.expires_at);
    crash_point("after-account-link");
    co_await context_.db.run(store::start_active_reads, account_id, kActiveSeconds);
    store::CommandResult result;
    result.account_id = account_id;
    result.url = link.url;
    result.url_expires_at = link.expires_at;
    co_return result;
}

Task<store::CommandResult> CommandExecutor::manage(store::Command command, std::stop_token stop) {
    const auto account_id = connected_account(command);
    co_return co_await create_onboarding_link(command, account_id, stop);
}

Task<void> CommandExecutor::read_account(std::string account_id, std::string cause,
                                         std::stop_token stop) {
    const auto reply = co_await context_.stripe.get(kAccountsPath + account_id, "",
                                                    stripe::Priority::interactive, stop);
    log_changes(
        co_await context_.db.run(store::record_account, reply.body, cause, reply.request_id));
}

Task<store::CommandResult> CommandExecutor::refresh(store::Command command, std::stop_token stop) {
    const auto account_id = connected_account(command);
    if (command.kind == "finalize")
        co_await context_.db.run(store::onboarding_link_used, account_id);
    crash_point("before-read");
    co_await read_account(account_id, command.kind, stop);
    crash_point("after-read");
    co_await context_.db.run(store::start_active_reads, account_id, kActiveSeconds);
    store::CommandResult result;
    result.account_id = account_id;
    co_return result;
}

Task<store::CommandResult> CommandExecutor::disconnect(store::Command command,
                                                       std::stop_token stop) {
    store::CommandResult result;
    if (command.confirmation.empty()) {
        result.account_id = connected_account(command);
        result.confirmation = random_token();
        co_return result;
    }
    // After a crash the account may be disconnected already; the steps below can be repeated.
    if (command.current_account.empty())
        throw Refused("not_connected", "The company has no connected Stripe account.");
    result.account_id = command.current_account;
    const auto expected =
        co_await context_.db.run(store::pending_confirmation, command.company, command.command_id);
    if (expected.empty() || !equal_tokens(expected, command.confirmation))
        throw Refused("wrong_confirmation",
                      "The confirmation does not belong to a disconnect of the last hour; ask for "
                      "a new one.");
    co_await context_.db.run(store::disconnect_account, command.lease(), result.account_id,
                             std::string("disconnect"));
    crash_point("after-disconnect");
    if (!settings_.client_id.empty()) {
        // Without access, the platform could not switch off payment links any more.
        if (co_await context_.db.run(store::count_live_payment_links, result.account_id) > 0)
            throw NotYet("payment links are still being switched off");
        co_await context_.db.run(store::lock_command, command.lease());
        co_await deauthorize(result.account_id, stop);
        crash_point("after-deauthorize");
    }
    log::about()
        .company(command.company)
        .account(result.account_id)
        .info("company {}: account {}: disconnected on request; it stays active at Stripe",
              command.company, result.account_id);
    co_return result;
}

Task<void> CommandExecutor::deauthorize(std::string account_id, std::stop_token stop) {
    stripe::Form form;
    form.add("client_id", settings_.client_id);
    form.add("stripe_user_id", account_id);
    try {
        co_await context_.stripe.post_oauth("/oauth/deauthorize", form.encoded(),
                                            stripe::Priority::interactive, stop);
    } catch (const stripe::Error& e) {
        if (!e.account_lost() && e.code() != "invalid_request")
            throw;
        log::about()
            .account(account_id)
            .info("account {}: already disconnected at Stripe: {}", account_id, e.what());
    }
}

Task<store::CommandResult> CommandExecutor::reconnect(store::Command command,
                                                      std::stop_token stop) {
    // One answer for every mismatch: the command must not tell which accounts or addresses exist.
    const Refused mismatch("no_match",
                           "No account of this company has this id and e-mail address.");
    if (co_await context_.db.run(store::recent_reconnect_failures, command.company) >=
        kReconnectTries)
        throw Refused("too_many_tries", "Too many failed tries within an hour; try again later.");
    if (!command.current_account.empty() && command.current_account != command.account_id &&
        command.current_stage != "disconnected")
        throw Refused("already_connected",
                      "Another Stripe account of the company is connected; disconnect it first.");
    const auto known =
        co_await context_.db.run(store::find_integration, command.company, command.account_id);
    if (!known || known->email_of_record.empty() ||
        !same_mail_address(known->email_of_record, command.email))
        throw mismatch;
    std::string body;
    std::string request_id;
    bool denied = false;
    try {
        const auto reply = co_await context_.stripe.get(kAccountsPath + command.account_id, "",
                                                        stripe::Priority::interactive, stop);
        body = reply.body;
        request_id = reply.request_id;
    } catch (const stripe::Error& e) {
        if (!e.account_denied())
            throw;
        denied = true;
    }
    if (denied) {
        // The disconnect revoked the platform's access; only the owner can grant it again.
        OAuth oauth(context_, settings_);
        if (!oauth.configured())
            throw mismatch;
        co_return co_await oauth.begin(command, command.account_id);
    }
    const auto account = stripe::parse_account(body);
    if (!account.email || !same_mail_address(*account.email, command.email))
        throw mismatch;
    crash_point("before-reconnect");
    log_changes(co_await context_.db.run(store::link_account, command.lease(), command.company,
                                         body, settings_.livemode, std::string("existing"),
                                         command.email, std::string("reconnect"), request_id));
    crash_point("after-reconnect");
    co_await context_.db.run(store::start_active_reads, command.account_id, kActiveSeconds);
    store::CommandResult result;
    result.account_id = command.account_id;
    co_return result;
}

/// The settings of a company that is not connected stay pending; store::link_account() queues this
/// command again.
Task<store::CommandResult> CommandExecutor::update_settings(store::Command command,
                                                            std::stop_token stop) {
    store::CommandResult result;
    if (command.current_account.empty() || command.current_stage == "disconnected")
        co_return result;
    result.account_id = command.current_account;
    SettingsPush push(context_, command.company, result.account_id);
    co_await push.run(stop);
    co_return result;
}

}  // namespace paysync::onboarding
