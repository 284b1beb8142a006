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

/// Switches the link off, reads it again (only a fresh read proves it inactive), and expires the
/// checkout sessions that payers have open, for they outlive the link by up to a day. Throws
/// stripe::Error and LinkStillActive; the link then counts as active.
Task<void> switch_link_off(Context& context, std::string link_id, std::string account_id,
                           std::stop_token stop);

/// The same, and looks for payments by the sessions that are complete. Returns true if somebody has
/// paid, or is paying, and the payment has not been read yet or is pending; the account's streams
/// are then due at once.
Task<bool> end_link(Context& context, store::OldLink link, std::stop_token stop);

/// end_link() for a link that stands in the way of another one. A link whose account is not
/// connected any more is not waited for. Throws LinkRefused.
Task<bool> settle_link(Context& context, LinkTools& tools, store::OldLink link,
                       std::stop_token stop);

}  // namespace paysync::payment_requests
