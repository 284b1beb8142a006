// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/context.hpp"
#include "jobs/payment_requests/requests_store.hpp"
#include "jobs/stripe/objects.hpp"

#include <string>

namespace paysync::payment_requests {

/// The form that asks Stripe for the request's payment link: one inline price, the request id on
/// the link and on the payment intent (only that one reaches the charge), and one payment at most
/// unless the request is multi-party.
std::string link_form(const store::Request& request);

/// The request's payment link at Stripe, made there at most once: the call is stored under its
/// idempotency key before it is sent, and once Stripe may have forgotten the key, the link is
/// looked for before another is made. Throws stripe::Error.
Task<stripe::PaymentLink> obtain_link(Context& context, store::Request request,
                                      std::stop_token stop);

}  // namespace paysync::payment_requests
