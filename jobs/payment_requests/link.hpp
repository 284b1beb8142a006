// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/grouped.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/payment_requests/links_store.hpp"
#include "jobs/payment_requests/request.hpp"
#include "jobs/stripe/objects.hpp"

#include <string>

namespace paysync::payment_requests {

/// The form that asks Stripe for the request's payment link: one inline price, the request id on
/// the link and on the payment intent (only that one reaches the charge), and one payment at most
/// unless the request is multi-party.
std::string link_form(const Request& request);

/// How calls are noted before they are made.
using BeginCall = db::Grouped<stripe::NewCall, stripe::StoredCall>;

/// The request's payment link at Stripe, made there at most once: the call is stored under its
/// idempotency key before it is sent, and once Stripe may have forgotten the key, the link is
/// looked for before another is made. Throws stripe::Error.
Task<store::NewLink> obtain_link(Context& context, BeginCall& begin_call, Request request,
                                 std::stop_token stop);

/// The request's live link as Stripe shows it now. Throws stripe::Error.
Task<stripe::PaymentLink> read_link(Context& context, Request request, std::stop_token stop);

}  // namespace paysync::payment_requests
