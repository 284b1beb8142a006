// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/stripe/error.hpp"

#include <optional>
#include <span>
#include <stop_token>
#include <string>

/// What follows when Stripe refuses a call about a payment link, or does not answer it.
///
/// The error is looked up in one table, the first row that fits. The row (`LinkRefusal`) says whose
/// fault it is and everything that follows: what becomes of the stored call, whether the account is
/// read again, what the request waits for. Nothing else decides by the error.
///
/// Example: creating a link is answered with 403 and no code. Either the key lacks a right or this
/// account is not ours any more. A control call with the platform's own key tells: if Stripe
/// refuses it too, the row "401 or 403, and the control call is refused" ends the pass; else the
/// account is read again and the requests of the other companies go on.
namespace paysync::payment_requests {

/// The call that failed.
enum class LinkCall {
    make,  ///< POST /v1/payment_links
    look   ///< any other: read, list or switch off a link, list or expire its checkout sessions
};

/// Who has to change before the call can succeed.
enum class Concern {
    stripe,   ///< nobody here: Stripe or the way to it fails
    key,      ///< the platform: its key is refused, or has the other mode
    account,  ///< the owner of the account, or whoever connects it again
    body,     ///< the company or the request: amount, currency, payment methods, fee, texts
    link      ///< nobody: Stripe does not have the link
};

/// What becomes of the stored call that made the error.
enum class CallEffect {
    keep,     ///< the next try sends the same bytes under the same key; `look_up` if the answer was
              ///< one that Stripe repeats (stripe::Error::replayed())
    end,      ///< it has not acted and never will: the next try has a new key and a new body
    look_up,  ///< it may have acted, and its key tells nothing more: search for the link by its
              ///< metadata, and end the call if there is none
};

/// When the request is tried again.
enum class LinkRetry {
    soon,      ///< after kSoonSeconds
    backing,   ///< after a pause that doubles with each refusal, from 1 min to 6 h; at once when
               ///< settings, branding or the stage of the company change
    with_pass  ///< the pass ends, the whole job tries again later
};

/// One row of the table.
struct LinkRefusal {
    // The error. A row fits when all of these do.
    const char* error = "";  ///< in words, as docs/architecture.md has it
    unsigned kinds = 0;      ///< bits `1 << stripe::Error::Kind`; 0 for any
    std::optional<LinkCall> call = {};
    bool about_account = false;   ///< fits only codes and words about the account's abilities
    bool control_failed = false;  ///< fits only if the control call is refused as well

    // The consequences.
    Concern concern = Concern::stripe;
    CallEffect effect = CallEffect::keep;
    LinkRetry retry = LinkRetry::soon;
    bool suspects = false;         ///< onboarding reads the account again
    const char* reason_code = "";  ///< of the delivery that waits
};

inline constexpr double kSoonSeconds = 30;

/// All rows, in the order in which they are tried.
std::span<const LinkRefusal> link_refusals() noexcept;

/// The first row that fits; every error has one. `control_failed`: a control call with the
/// platform's key was refused. Only errors for which needs_control() is true need one.
const LinkRefusal& link_refusal(const stripe::Error& error, LinkCall call,
                                bool control_failed) noexcept;

/// Whether the error may be the key's fault as well as the account's.
bool needs_control(const stripe::Error& error) noexcept;

/// The pause before the next try, after `refusals` refusals in a row.
double pause_seconds(const LinkRefusal& refusal, int refusals) noexcept;

/// The words of `Concern`, `CallEffect` and `LinkRetry` in docs/architecture.md.
const char* to_string(Concern concern) noexcept;
const char* to_string(CallEffect effect) noexcept;
const char* to_string(LinkRetry retry) noexcept;

/// Asks Stripe whether the platform's own key works, at most once a minute: 200 requests of one
/// account that is refused need one call.
class KeyControl {
public:
    /// Returns true if Stripe refuses the key, or answers in the other mode. An error that says
    /// nothing about the key (5xx, no connection) counts as working.
    Task<bool> is_refused(Context& context, std::stop_token stop);

private:
    std::optional<std::chrono::steady_clock::time_point> asked_at_;
    bool refused_ = false;
};

/// Finds the row, with a control call if one is needed.
Task<const LinkRefusal*> judge_refusal(Context& context, KeyControl& control, stripe::Error error,
                                       LinkCall call, std::stop_token stop);

}  // namespace paysync::payment_requests
