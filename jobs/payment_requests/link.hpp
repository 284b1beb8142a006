// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/grouped.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/payment_requests/link_calls_store.hpp"
#include "jobs/payment_requests/link_refusal.hpp"
#include "jobs/payment_requests/links_store.hpp"
#include "jobs/payment_requests/request.hpp"
#include "jobs/stripe/payment_link.hpp"

#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>

namespace paysync::payment_requests {

/// The form of `POST /v1/payment_links` for a request: one inline price, the request id on the link
/// and on the payment intent (a charge gets only the latter), and one payment at most unless the
/// request is multi-party.
std::string link_form(const Request& request);

/// The amount in such a form, in minor units; 0 if there is none.
std::int64_t amount_in(const std::string& form);

/// What everybody who makes links shares for a pass. Stored calls of several requests share
/// transactions.
struct LinkTools {
    explicit LinkTools(Context& context) : begin(context.loop, context.db, store::begin_links) {}

    db::Grouped<store::WantedLink, store::LinkStart> begin;
    KeyControl key;
};

/// Stripe refused a call about a link, or did not answer it. The row of the table says what
/// follows.
class LinkRefused final : public std::runtime_error {
public:
    LinkRefused(const LinkRefusal& refusal, const stripe::Error& error, int refusals);

    const LinkRefusal& refusal() const noexcept { return *refusal_; }
    const stripe::Error& error() const noexcept { return error_; }
    double pause() const noexcept { return pause_seconds(*refusal_, refusals_); }
    /// For `link_problem`: in words, without ids that differ in each try.
    std::string words() const;

private:
    const LinkRefusal* refusal_;
    stripe::Error error_;
    int refusals_;
};

/// No link can be made yet: somebody has paid by an earlier one, or may still do so. Or none is
/// wanted any more.
class LinkWaits final : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A link that a request can be paid by.
struct ObtainedLink {
    std::string link_id;
    std::string url;
    std::optional<store::NewLink> made;  ///< it is new and must be recorded
};

/// The request's payment link. Links that it had before are settled first: switched off at Stripe,
/// read again, and their checkout sessions asked for, so that a request never has two links that
/// can be paid, and gets no other one while a payment is under way.
///
/// A new link is made at most once: the call is stored under its idempotency key before it is sent,
/// and is sent again with the same key after a crash. If Stripe's answer is lost for good (the key
/// is a day old, or Stripe repeats a stored 500), the account's links are searched for the
/// request's id, and a call with a new key follows if there is none.
///
/// Throws LinkRefused and LinkWaits.
Task<ObtainedLink> obtain_link(Context& context, LinkTools& tools, Request request,
                               std::stop_token stop);

/// Sends a stored call that creates a link, or looks for what came of it. Ends the call in the
/// database, except when a link came of it: record_links() does so then. Returns nothing if nothing
/// came of it and nothing ever will: the next call has a new key. Throws LinkRefused.
Task<std::optional<store::NewLink>> send_link_call(Context& context, LinkTools& tools,
                                                   stripe::StoredCall call, std::string request_id,
                                                   int refusals, std::stop_token stop);

/// A link as Stripe shows it now. Throws LinkRefused.
Task<stripe::PaymentLink> read_link(Context& context, LinkTools& tools, std::string link_id,
                                    std::string account_id, std::stop_token stop);

}  // namespace paysync::payment_requests
