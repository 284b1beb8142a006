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

/// Throws FieldError when `body` is not a file.
File parse_file(std::string_view body);

/// A file as multipart/form-data (RFC 7578). The same content gives the same bytes, boundary
/// included: Stripe refuses an idempotency key with another body.
struct Upload {
    std::string content_type;  ///< with the boundary
    std::string body;
};

/// An upload of a picture; `purpose` is business_logo or business_icon.
Upload upload_of(const std::string& purpose, const std::string& media_type,
                 const std::string& content);

}  // namespace paysync::stripe
