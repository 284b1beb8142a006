// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/message.hpp"
#include "jobs/payment_requests/request.hpp"
#include "jobs/payment_requests/sender.hpp"
#include "jobs/payment_requests/stationery.hpp"

#include <cstdint>
#include <string>

namespace paysync::payment_requests {

/// The mail's Message-ID, the same for every try and every daemon: two copies can be told for what
/// they are.
std::string message_id(const Delivery& delivery, const std::string& domain);

/// A moment's day in UTC, YYYY-MM-DD.
std::string day_of(std::int64_t unix_seconds);

/// The mail before it is bytes: subject, text and HTML from the templates of its kind, the
/// company's own where it has some, with its logo and the collect payment file. `date` is Unix
/// seconds. Throws std::invalid_argument for what cannot stand in a mail.
mail::Message written(const Delivery& delivery, const Stationery& stationery, const Sender& sender,
                      std::int64_t date);

/// The same as it will be frozen.
std::string compose(const Delivery& delivery, const Stationery& stationery, const Sender& sender,
                    std::int64_t date);

}  // namespace paysync::payment_requests
