// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/grouped.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/payment_requests/links_store.hpp"
#include "jobs/payment_requests/request.hpp"
#include "jobs/stripe/call_store.hpp"
#include "jobs/stripe/payment_link.hpp"

#include <stop_token>
#include <string>

namespace paysync::payment_requests {

/// Stores a call to Stripe before it is made; calls of several requests share transactions.
using BeginCall = db::Grouped<stripe::NewCall, stripe::StoredCall>;

/// The form of `POST /v1/payment_links` for a request: one inline price, the request id on the link
/// and on the payment intent (a charge gets only the latter), and one payment at most unless the
/// request is multi-party.
std::string link_form(const Request& request);

/// The request's payment link at Stripe, made at most once: the call is stored under its
/// idempotency key before it is sent, and is sent again with the same key after a crash. Stripe
/// forgets keys after a day; then the account's links are searched for the request's id first.
/// Throws stripe::Error.
Task<store::NewLink> obtain_link(Context& context, BeginCall& begin_call, Request request,
                                 std::stop_token stop);

/// The request's link as Stripe shows it now. Throws stripe::Error.
Task<stripe::PaymentLink> read_link(Context& context, Request request, std::stop_token stop);

}  // namespace paysync::payment_requests
