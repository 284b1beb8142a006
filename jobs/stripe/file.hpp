// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/json.hpp"

#include <string>
#include <string_view>

namespace paysync::stripe {

/// A file at Stripe.
struct File {
    std::string id;
};

/// Throws FieldError for anything else.
File parse_file(std::string_view body);

/// A file as multipart/form-data (RFC 7578); the same content gives the same bytes.
struct Upload {
    std::string content_type;  ///< with the boundary
    std::string body;
};

/// A picture for `purpose`, business_logo or business_icon.
Upload upload_of(const std::string& purpose, const std::string& media_type,
                 const std::string& content);

}  // namespace paysync::stripe
