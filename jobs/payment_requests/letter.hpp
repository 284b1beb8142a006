// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/payment_requests/requests_store.hpp"
#include "jobs/payment_requests/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace paysync::payment_requests {

/// The letter's Message-ID, the same for every try and every daemon: two copies can be told for
/// what they are.
std::string message_id(const std::string& request_id, const std::string& domain);

/// The letter as it will be frozen: subject, text and HTML from the templates, the collect payment
/// file attached. `date` is Unix seconds. Throws std::invalid_argument for what cannot stand in a
/// letter.
std::string compose(const store::Request& request, const std::string& link_url,
                    const std::optional<store::File>& file, const Sender& sender,
                    std::int64_t date);

}  // namespace paysync::payment_requests
