// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/payment_requests/request.hpp"
#include "jobs/payment_requests/request_store.hpp"
#include "jobs/payment_requests/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace paysync::payment_requests {

/// The mail's Message-ID, the same for every try and every daemon: two copies can be told for what
/// they are.
std::string message_id(const Delivery& delivery, const std::string& domain);

/// The mail as it will be frozen: subject, text and HTML from the templates of its kind, the
/// collect payment file attached. `date` is Unix seconds. Throws std::invalid_argument for what
/// cannot stand in a mail.
std::string compose(const Delivery& delivery, const std::optional<store::File>& file,
                    const Sender& sender, std::int64_t date);

}  // namespace paysync::payment_requests
