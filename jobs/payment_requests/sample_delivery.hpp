// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/payment_requests/delivery.hpp"
#include "jobs/payment_requests/mail_branding.hpp"
#include "jobs/payment_requests/sender_profile.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace paysync::payment_requests {

/// A made-up delivery, to try templates out and to preview messages. It asks for a payment that is
/// due a week after `today` (Unix seconds), or is about one of that day.
Delivery sample_delivery(DeliveryKind kind, std::int64_t today = 0);

/// The same with everything, and then one for each value that a delivery may lack or that may be
/// otherwise: words of one line, of several lines, none; due later, overdue, without a due day; a
/// copy; without the payer's name, the company's address, a card, Stripe's receipt, a reason.
std::vector<Delivery> sample_deliveries(DeliveryKind kind);

/// Composes all of them in this language, with and without a file. Throws std::invalid_argument
/// when one is no message, has a blank subject or text, or asks for a payment without its link.
void try_samples(DeliveryKind kind, const std::string& locale, MailBranding branding,
                 const SenderProfile& profile);

}  // namespace paysync::payment_requests
