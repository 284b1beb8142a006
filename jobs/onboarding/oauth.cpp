// SPDX-License-Identifier: MIT
#include "jobs/onboarding/oauth.hpp"

#include "daemon/base/loop/crash_point.hpp"
#include "jobs/digest.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/frame/retry_until_stored.hpp"
#include "jobs/onboarding/integration_store.hpp"
#include "jobs/onboarding/settings.hpp"
#include "jobs/onboarding/stage_log.hpp"
#include "jobs/onboarding/token.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/form.hpp"
#include "jobs/stripe/oauth_token.hpp"

#include <optional>

namespace paysync::onboarding {

namespace {

using ErrorKind = stripe::Error::Kind;

constexpr int kExchangeTries = 30;  // a code is valid for minutes

std::string authorize_url(const Settings& settings, const std::string& state,
                          const std::string& email) {
    stripe::Form form;
    form.add("response_type", "code");
    form.add("client_id", settings.client_id);
    form.add("scope", "read_write");
    form.add("state", state);
    form.add("redirect_uri", settings.oauth_redirect_url);
    form.add("stripe_user[email]", email);
    return stripe::query(settings.connect_base + "/oauth/authorize", form);
}

/// The same answer for every mismatch: the caller must not learn which states exist.
Refused wrong_state() {
    return {"wrong_state",
            "The state is not one that this company may use now; start connect again."};
}

Refused outcome_unknown() {
    return {
        "outcome_unknown",
        "It is not known what Stripe made of the code, and a code can be spent only once. Start "
        "connect again: the owner agrees once more, with the same account, and nothing is "
        "doubled."};
}

/// Whether Stripe refused the call before it examined the code, so that the code is still good.
bool code_not_examined(const stripe::Error& error) {
    return error.key_refused() || error.kind() == ErrorKind::rate_limited;
}

[[noreturn]] void throw_refused(const stripe::Error& error) {
    if (error.kind() == ErrorKind::wrong_mode)
        throw Refused("wrong_mode",
                      std::string("The account belongs to the other mode: ") + error.what());
    if (error.retryable() && !code_not_examined(error))
        throw outcome_unknown();
    throw Refused("stripe_refused", error.what());
}

}  // namespace

Task<store::CommandResult> OAuth::begin(store::Command command, std::string only_account) {
    if (!configured())
        throw Refused("oauth_not_configured",
                      "This platform does not connect existing accounts; connect a new one.");
    const auto state = random_token();
    const std::chrono::duration<double> lifetime = settings_.oauth_state_lifetime;
    store::CommandResult result;
    result.url_expires_at =
        co_await context_.db.run(store::create_state, command.lease(), command.company,
                                 command.email, only_account, sha256_hex(state), lifetime.count());
    crash_point("after-oauth-state");
    result.url = authorize_url(settings_, state, command.email);
    co_return result;
}

Task<store::CommandResult> OAuth::complete(store::Command command, std::stop_token stop) {
    const auto state = co_await find_state(command);
    std::string account_id = state.account_id;
    if (!command.current_account.empty() && command.current_account != account_id &&
        command.current_stage == "completed")
        throw Refused("already_connected", "The company's Stripe account is connected already.");
    if (state.spent && account_id.empty())
        throw outcome_unknown();
    if (account_id.empty())
        account_id = co_await exchange(command, state.sha256, stop);
    if (!state.only_account.empty() && state.only_account != account_id)
        throw Refused("wrong_account",
                      "The owner chose another account than the one to reconnect; start again.");
    co_return co_await link_existing_account(command, state.email, account_id, stop);
}

Task<store::OAuthState> OAuth::find_state(store::Command command) {
    const auto states =
        co_await context_.db.run(store::usable_states, command.company, command.command_id);
    std::optional<store::OAuthState> found;
    for (const auto& state : states)
        if (equal_tokens(state.sha256, command.state_sha256))
            found = state;
    if (!found)
        throw wrong_state();
    co_return *found;
}

Task<std::string> OAuth::exchange(store::Command command, std::string sha256,
                                  std::stop_token stop) {
    const auto code = co_await context_.db.run(store::spend_code, command.lease(), sha256);
    if (code.empty())
        throw wrong_state();
    crash_point("after-oauth-mark");
    stripe::Form form;
    form.add("grant_type", "authorization_code");
    form.add("code", code);
    std::optional<stripe::Error> error;
    stripe::OAuthToken token;
    try {
        const auto reply = co_await context_.stripe.post_oauth("/oauth/token", form.encoded(),
                                                               stripe::Priority::interactive, stop);
        token = stripe::parse_oauth_token(reply.body);
    } catch (const stripe::Error& e) {
        error = e;
    }
    crash_point("after-oauth-token");
    if (error && code_not_examined(*error) && command.attempts < kExchangeTries) {
        co_await retry_until_stored(context_, store::return_code, command.lease(), sha256, code);
        throw stripe::Error(*error);
    }
    if (error)
        throw_refused(*error);
    if (token.scope != "read_write")
        throw Refused("read_only", "The owner lets the platform read only; start connect again.");
    co_await retry_until_stored(context_, store::record_exchange, command.lease(), sha256,
                                token.account_id);
    crash_point("after-oauth-exchange");
    co_return token.account_id;
}

Task<store::CommandResult> OAuth::link_existing_account(store::Command command, std::string email,
                                                        std::string account_id,
                                                        std::stop_token stop) {
    stripe::Reply reply;
    try {
        reply = co_await context_.stripe.get("/v1/accounts/" + account_id, "",
                                             stripe::Priority::interactive, stop);
    } catch (const stripe::Error& e) {
        if (!e.account_denied())
            throw;
        throw Refused("no_access",
                      "Stripe does not let the platform see the account; start "
                      "connect again.");
    }
    try {
        log_changes(co_await context_.db.run(
            store::link_account, command.lease(), command.company, reply.body, settings_.livemode,
            std::string("existing"), email, std::string("connect"), reply.request_id));
    } catch (const store::AccountInUse&) {
        throw Refused("account_in_use", "This Stripe account cannot be connected to this company.");
    }
    crash_point("after-oauth-adopt");
    co_await context_.db.run(store::start_active_reads, account_id, kActiveSeconds);
    store::CommandResult result;
    result.account_id = account_id;
    co_return result;
}

}  // namespace paysync::onboarding
