// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/call.hpp"
#include "tests/stripe_sim/json.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace stripe_sim {

/// Whether the call is one of API v2, whose wire format differs: JSON bodies, RFC 3339 times,
/// idempotency keys that last 30 days, another form of errors.
bool is_v2(const Call& call);

/// How long an idempotency key of this call is remembered.
int64_t idempotency_seconds(const Call& call);

/// Throws ApiError unless a body has the type that its path requires: a form, JSON for v2, or
/// multipart for uploads.
void check_content_type(const Call& call);

/// The body of a v1 error in the form of v2.
std::string v2_error_body(const std::string& v1_body);

/// A Unix second as RFC 3339 in UTC with milliseconds; null for null.
std::string rfc3339(int64_t seconds);
Json rfc3339_or_null(const Json& seconds);
/// The Unix second; nothing if the text is not an RFC 3339 time in UTC.
std::optional<int64_t> parse_rfc3339(const std::string& text);

}  // namespace stripe_sim
