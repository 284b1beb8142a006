// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/payment_requests/link.hpp"

#include <stdexcept>
#include <stop_token>
#include <string>

/// How payment links end: each link that is given up is switched off at Stripe and read again, and
/// before another link of the same request goes out, Stripe is asked whether somebody has paid by
/// it.
namespace paysync::payment_requests {

/// A link was switched off, and Stripe still shows it as active.
class LinkStillActive final : public std::runtime_error {
public:
    LinkStillActive() : std::runtime_error("Stripe still shows the link as active") {}
};

/// Switches the link off and reads it again: the reply to the POST may repeat an older one, so only
/// a fresh read proves the link inactive. Throws stripe::Error and LinkStillActive.
Task<void> switch_link_off(Context& context, std::string link_id, std::string account_id,
                           std::stop_token stop);

/// Settles a link that stands in the way of another one: switches it off, expires the checkout
/// sessions that are open, and looks for payments by those that are complete. Returns true if
/// somebody has paid, or is paying, and the payment has not been read yet or is pending; the
/// account's streams are then due at once. A link whose account is not connected any more is not
/// waited for. Throws LinkRefused.
Task<bool> settle_link(Context& context, LinkTools& tools, store::OldLink link,
                       std::stop_token stop);

}  // namespace paysync::payment_requests
