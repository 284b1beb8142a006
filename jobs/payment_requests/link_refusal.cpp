// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/link_refusal.hpp"

#include "daemon/base/loop/clock.hpp"
#include "jobs/stripe/client.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>

namespace paysync::payment_requests {

namespace {

using Kind = stripe::Error::Kind;

constexpr unsigned kind_bit(Kind kind) {
    return 1U << static_cast<unsigned>(kind);
}

constexpr unsigned kTransient = kind_bit(Kind::connection) | kind_bit(Kind::server) |
                                kind_bit(Kind::rate_limited) | kind_bit(Kind::conflict);
constexpr unsigned kAboutKey =
    kind_bit(Kind::authentication) | kind_bit(Kind::permission) | kind_bit(Kind::wrong_mode);

// The first row that fits counts. docs/architecture.md has the same rows in the same order.
constexpr LinkRefusal kRefusals[] = {
    {.error = "401, 403 or an object of the other mode, and the control call is refused as well",
     .kinds = kAboutKey,
     .control_failed = true,
     .concern = Concern::key,
     .retry = LinkRetry::with_pass,
     .reason_code = "stripe_key_refused"},
    {.error = "401, 403 or an object of the other mode, and the control call works",
     .kinds = kAboutKey,
     .concern = Concern::account,
     .retry = LinkRetry::backing,
     .suspects = true,
     .reason_code = "stripe_account_unreachable"},
    {.error = "403 or 404 with account_invalid",
     .kinds = kind_bit(Kind::account_gone),
     .concern = Concern::account,
     .retry = LinkRetry::backing,
     .suspects = true,
     .reason_code = "stripe_account_unreachable"},
    {.error = "5xx, 409, 424, 429, no or an unreadable answer",
     .kinds = kTransient,
     .concern = Concern::stripe,
     .reason_code = "stripe_unavailable"},
    {.error = "400 idempotency_error: the key was used with another body",
     .kinds = kind_bit(Kind::idempotency_mismatch),
     .call = LinkCall::make,
     .concern = Concern::stripe,
     .effect = CallEffect::look_up,
     .reason_code = "stripe_unavailable"},
    {.error = "another 4xx whose code or words are about the account's abilities",
     .call = LinkCall::make,
     .about_account = true,
     .concern = Concern::account,
     .effect = CallEffect::end,
     .retry = LinkRetry::backing,
     .suspects = true,
     .reason_code = "stripe_account_restricted"},
    {.error = "another 4xx to the creation of a link",
     .call = LinkCall::make,
     .concern = Concern::body,
     .effect = CallEffect::end,
     .retry = LinkRetry::backing,
     .reason_code = "stripe_refused"},
    {.error = "404 to another call",
     .kinds = kind_bit(Kind::not_found),
     .call = LinkCall::look,
     .concern = Concern::link,
     .reason_code = "stripe_link_gone"},
    {.error = "another 4xx to another call",
     .concern = Concern::link,
     .retry = LinkRetry::backing,
     .reason_code = "stripe_refused"},
};

/// Codes of Stripe that are about what an account may do. The list of codes is open, so the words
/// count too.
constexpr std::array kAccountCodes = {
    "account_not_active",          "account_closed",
    "account_restricted",          "capability_not_enabled",
    "charges_not_enabled",         "insufficient_capabilities_for_transfer",
    "payouts_not_allowed",         "platform_account_required",
    "testmode_charges_only",       "tos_not_accepted",
    "transfers_not_allowed",       "account_country_invalid_address",
    "account_information_mismatch"};
constexpr std::array kAccountWords = {
    "cannot currently make",  // live charges
    "capabilit",              // missing the required capabilities; the capability is inactive
    "account is restricted",
    "account has been rejected",
    "charges_enabled",
    "account's onboarding",
};

bool is_about_account(const stripe::Error& error) {
    const auto has_code = [&](std::string_view code) { return error.code() == code; };
    const auto has_words = [&](std::string_view words) {
        return error.message().find(words) != std::string::npos;
    };
    return std::ranges::any_of(kAccountCodes, has_code) ||
           std::ranges::any_of(kAccountWords, has_words);
}

bool fits(const LinkRefusal& row, const stripe::Error& error, LinkCall call, bool control_failed) {
    return (row.kinds == 0 || (row.kinds & kind_bit(error.kind())) != 0) &&
           (!row.call || *row.call == call) && (!row.about_account || is_about_account(error)) &&
           (!row.control_failed || control_failed);
}

constexpr double kFirstPause = 60;
constexpr double kLastPause = 6 * 3600;
constexpr std::chrono::seconds kControlHolds(60);

}  // namespace

std::span<const LinkRefusal> link_refusals() noexcept {
    return kRefusals;
}

const LinkRefusal& link_refusal(const stripe::Error& error, LinkCall call,
                                bool control_failed) noexcept {
    const auto found = std::find_if(
        std::begin(kRefusals), std::end(kRefusals),
        [&](const LinkRefusal& row) { return fits(row, error, call, control_failed); });
    return found == std::end(kRefusals) ? kRefusals[std::size(kRefusals) - 1] : *found;
}

bool needs_control(const stripe::Error& error) noexcept {
    return (kAboutKey & kind_bit(error.kind())) != 0;
}

double pause_seconds(const LinkRefusal& refusal, int refusals) noexcept {
    if (refusal.retry != LinkRetry::backing)
        return kSoonSeconds;
    return std::min(kLastPause, kFirstPause * std::exp2(std::clamp(refusals - 1, 0, 16)));
}

const char* to_string(Concern concern) noexcept {
    switch (concern) {
        case Concern::stripe:
            return "Stripe";
        case Concern::key:
            return "the key";
        case Concern::account:
            return "the account";
        case Concern::body:
            return "the request";
        case Concern::link:
            return "the link";
    }
    return "unknown";
}

const char* to_string(CallEffect effect) noexcept {
    switch (effect) {
        case CallEffect::keep:
            return "kept";
        case CallEffect::end:
            return "ended";
        case CallEffect::look_up:
            return "looked up";
    }
    return "unknown";
}

const char* to_string(LinkRetry retry) noexcept {
    switch (retry) {
        case LinkRetry::soon:
            return "after 30 s";
        case LinkRetry::backing:
            return "after 1 min, doubling to 6 h";
        case LinkRetry::with_pass:
            return "with the next pass";
    }
    return "unknown";
}

Task<bool> KeyControl::is_refused(Context& context, std::stop_token stop) {
    const auto now = context.clock.now();
    if (asked_at_ && now - *asked_at_ < kControlHolds)
        co_return refused_;
    bool refused = false;
    try {
        // The reply's mode is compared with `stripe.livemode` by the client.
        (void)co_await context.stripe.get("/v1/balance", "", stripe::Priority::interactive, stop);
    } catch (const stripe::Error& e) {
        refused = needs_control(e);
    }
    asked_at_ = now;
    refused_ = refused;
    co_return refused;
}

Task<const LinkRefusal*> judge_refusal(Context& context, KeyControl& control, stripe::Error error,
                                       LinkCall call, std::stop_token stop) {
    bool control_failed = false;
    if (needs_control(error))
        control_failed = co_await control.is_refused(context, stop);
    co_return &link_refusal(error, call, control_failed);
}

}  // namespace paysync::payment_requests
