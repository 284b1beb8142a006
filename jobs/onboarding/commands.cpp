// SPDX-License-Identifier: MIT
#include "jobs/onboarding/commands.hpp"

#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/crash_point.hpp"
#include "jobs/onboarding/accounts_api.hpp"
#include "jobs/onboarding/oauth.hpp"
#include "jobs/onboarding/settings_push.hpp"
#include "jobs/onboarding/token.hpp"
#include "jobs/stripe/call_store.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/form.hpp"
#include "jobs/stripe/objects.hpp"

namespace paysync::onboarding {

namespace {

constexpr int kReconnectTries = 5;
constexpr const char* kAccounts = "/v1/accounts";

std::string key_of(const store::Command& command, const char* step) {
    return "paysync:" + command.command_id + ":" + step;
}

const std::string& current_account(const store::Command& command) {
    if (command.current_account.empty() || command.current_stage == "disconnected")
        throw Refused("not_connected", "The company has no connected Stripe account.");
    return command.current_account;
}

}  // namespace

store::Lease lease_of(const store::Command& command) {
    return store::Lease{command.command_id, command.token};
}

void log_changes(const std::vector<store::Change>& changes) {
    for (const auto& change : changes)
        log::event(log::kStageChanged)
            .company(change.company)
            .account(change.account_id)
            .info("company {}: account {} went {} -> {} ({})", change.company, change.account_id,
                  change.from.empty() ? "new" : change.from, change.to, change.detail);
}

Task<store::Result> Commands::carry_out(store::Command command, std::stop_token stop) {
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

Task<store::Result> Commands::connect(store::Command command, std::stop_token stop) {
    if (!command.current_account.empty() && command.current_stage == "completed")
        throw Refused("already_connected", "The company's Stripe account is connected already.");
    if (command.existing) {
        OAuth oauth(context_, settings_);
        co_return co_await oauth.begin(command, "");
    }
    std::string account_id = command.current_stage == "disconnected" ? "" : command.current_account;
    if (account_id.empty())
        account_id = co_await create_account(command, stop);
    co_return co_await onboarding_link(command, account_id, stop);
}

Task<store::Result> Commands::complete_oauth(store::Command command, std::stop_token stop) {
    OAuth oauth(context_, settings_);
    co_return co_await oauth.complete(command, stop);
}

Task<std::string> Commands::create_account(store::Command command, std::stop_token stop) {
    const auto& wanted = accounts_api(settings_);
    const auto call = co_await context_.db.run(
        stripe::begin_call, key_of(command, "account"), std::string(), wanted.accounts_path(),
        wanted.account_body(command, settings_), std::string("account"), command.command_id);
    crash_point("after-account-key");
    const auto& api = accounts_api(call);
    stripe::Reply account;
    std::string account_id;
    if (call.age_seconds > api.key_life_seconds())
        account_id = co_await api.find(context_, command.command_id, call.age_seconds, stop);
    if (account_id.empty()) {
        account = co_await api.post(context_, call, stop);
        account_id = api.account_id(account.body);
        crash_point("after-account-post");
    }
    co_await context_.db.run(stripe::finish_call, call.key, 200, account_id, account.request_id);
    if (account.body.empty() || !api.answers_with_account())
        account = co_await context_.stripe.get(std::string(kAccounts) + "/" + account_id, "",
                                               stripe::Priority::interactive, stop);
    log_changes(co_await context_.db.run(
        store::adopt, lease_of(command), command.company, account.body, settings_.livemode,
        std::string("new"), command.email, std::string("connect"), account.request_id));
    crash_point("after-account");
    co_return account_id;
}

Task<store::Result> Commands::onboarding_link(store::Command command, std::string account_id,
                                              std::stop_token stop) {
    // A link is used up by one visit and lives for minutes, so each try of the command asks for a
    // new one.
    const auto step = "link:" + std::to_string(command.token);
    const auto& api = accounts_api(settings_);
    const auto call = co_await context_.db.run(
        stripe::begin_call, key_of(command, step.c_str()), std::string(), api.links_path(),
        api.link_body(account_id, settings_), std::string("account_link"), command.command_id);
    crash_point("after-account-link-key");
    const auto reply = co_await api.post(context_, call, stop);
    crash_point("after-account-link-post");
    const auto link = api.account_link(reply.body);
    co_await context_.db.run(stripe::finish_call, call.key, reply.status, account_id,
                             reply.request_id);
    co_await context_.db.run(store::flow_opened, lease_of(command), account_id, link.expires_at);
    crash_point("after-account-link");
    co_await context_.db.run(store::heat, account_id, kHotSeconds);
    store::Result result;
    result.account_id = account_id;
    result.url = link.url;
    result.url_expires_at = link.expires_at;
    co_return result;
}

Task<store::Result> Commands::manage(store::Command command, std::stop_token stop) {
    const auto account_id = current_account(command);
    co_return co_await onboarding_link(command, account_id, stop);
}

Task<void> Commands::read_account(std::string account_id, std::string cause, std::stop_token stop) {
    const auto reply = co_await context_.stripe.get(std::string(kAccounts) + "/" + account_id, "",
                                                    stripe::Priority::interactive, stop);
    log_changes(
        co_await context_.db.run(store::observe_account, reply.body, cause, reply.request_id));
}

Task<store::Result> Commands::refresh(store::Command command, std::stop_token stop) {
    const auto account_id = current_account(command);
    if (command.kind == "finalize")
        co_await context_.db.run(store::flow_closed, account_id);
    crash_point("before-read");
    co_await read_account(account_id, command.kind, stop);
    crash_point("after-read");
    co_await context_.db.run(store::heat, account_id, kHotSeconds);
    store::Result result;
    result.account_id = account_id;
    co_return result;
}

Task<store::Result> Commands::disconnect(store::Command command, std::stop_token stop) {
    store::Result result;
    if (command.confirmation.empty()) {
        result.account_id = current_account(command);
        result.confirmation = random_token();
        co_return result;
    }
    // A repetition after a crash finds the account disconnected already and goes on from there.
    if (command.current_account.empty())
        throw Refused("not_connected", "The company has no connected Stripe account.");
    result.account_id = command.current_account;
    const auto expected =
        co_await context_.db.run(store::pending_confirmation, command.company, command.command_id);
    if (expected.empty() || !same_token(expected, command.confirmation))
        throw Refused("wrong_confirmation",
                      "The confirmation does not belong to a disconnect of the last hour; ask for "
                      "a new one.");
    co_await context_.db.run(store::disconnect, lease_of(command), result.account_id,
                             std::string("disconnect"));
    crash_point("after-disconnect");
    if (!settings_.client_id.empty()) {
        // Once access is gone nobody can switch a link off any more.
        if (co_await context_.db.run(store::live_links, result.account_id) > 0)
            throw NotYet("payment links are still being switched off");
        co_await context_.db.run(store::hold, lease_of(command));
        co_await deauthorize(result.account_id, stop);
        crash_point("after-deauthorize");
    }
    log::about()
        .company(command.company)
        .account(result.account_id)
        .info("company {}: account {} was disconnected on request; it stays active at Stripe",
              command.company, result.account_id);
    co_return result;
}

Task<void> Commands::deauthorize(std::string account_id, std::stop_token stop) {
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
            .info("account {}: Stripe says that it is not connected any more: {}", account_id,
                  e.what());
    }
}

Task<store::Result> Commands::reconnect(store::Command command, std::stop_token stop) {
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
    const auto known = co_await context_.db.run(store::find, command.company, command.account_id);
    if (!known || known->email_of_record.empty() ||
        !same_address(known->email_of_record, command.email))
        throw mismatch;
    std::string body;
    std::string request_id;
    bool gone = false;
    try {
        const auto reply =
            co_await context_.stripe.get(std::string(kAccounts) + "/" + command.account_id, "",
                                         stripe::Priority::interactive, stop);
        body = reply.body;
        request_id = reply.request_id;
    } catch (const stripe::Error& e) {
        if (!e.account_denied())
            throw;
        gone = true;
    }
    if (gone) {
        // The disconnect took the platform's access away; only the owner can give it again.
        OAuth oauth(context_, settings_);
        if (!oauth.configured())
            throw mismatch;
        co_return co_await oauth.begin(command, command.account_id);
    }
    const auto account = stripe::parse_account(body);
    if (!account.email || !same_address(*account.email, command.email))
        throw mismatch;
    crash_point("before-reconnect");
    log_changes(co_await context_.db.run(store::adopt, lease_of(command), command.company, body,
                                         settings_.livemode, std::string("existing"), command.email,
                                         std::string("reconnect"), request_id));
    crash_point("after-reconnect");
    co_await context_.db.run(store::heat, command.account_id, kHotSeconds);
    store::Result result;
    result.account_id = command.account_id;
    co_return result;
}

/// What was asked for stays asked for: a company that is not connected gets it when it is.
Task<store::Result> Commands::update_settings(store::Command command, std::stop_token stop) {
    store::Result result;
    if (command.current_account.empty() || command.current_stage == "disconnected")
        co_return result;
    result.account_id = command.current_account;
    SettingsPush push(context_, command.company, result.account_id);
    co_await push.run(stop);
    co_return result;
}

}  // namespace paysync::onboarding
