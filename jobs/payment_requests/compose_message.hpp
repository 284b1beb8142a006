// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/message.hpp"
#include "jobs/payment_requests/delivery.hpp"
#include "jobs/payment_requests/mail_branding.hpp"
#include "jobs/payment_requests/sender_profile.hpp"

#include <cstdint>
#include <string>

namespace paysync::payment_requests {

/// The Message-ID of a delivery, without angle brackets. It is the same for every attempt and every
/// daemon, so that two copies can be recognised as such: `request.REQUEST_ID@DOMAIN`, with
/// the id of the charge, refund or dispute, or `.NUMBER`, added where a request has several
/// messages of the kind. A message that is composed anew has other bytes, and gets `.m2`, `.m3`, …
/// as well.
std::string message_id(const Delivery& delivery, const std::string& domain);

/// The day of a moment in UTC, YYYY-MM-DD.
std::string utc_day(std::int64_t unix_seconds);

/// The message of a delivery: subject, text and HTML from the templates of its kind, filled in with
/// the request, in the company's own texts where it has some, with its logo and file. `date` is
/// Unix seconds. Throws std::invalid_argument for a text or value that cannot stand in a message.
mail::Message compose_message(const Delivery& delivery, const MailBranding& branding,
                              const SenderProfile& profile, std::int64_t date);

/// The bytes of the same message, as they are frozen.
std::string compose_bytes(const Delivery& delivery, const MailBranding& branding,
                          const SenderProfile& profile, std::int64_t date);

}  // namespace paysync::payment_requests
