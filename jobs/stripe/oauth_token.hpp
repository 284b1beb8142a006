// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace paysync::stripe {

/// The result of exchanging an authorization code. The tokens in the answer are not read: paysync
/// uses the platform's own key with the account's id.
struct OAuthToken {
    std::string account_id;
    std::string scope;  ///< read_write or read_only
};

/// Reads the answer to `POST /oauth/token`. Throws FieldError when it is something else.
OAuthToken parse_oauth_token(std::string_view body);

}  // namespace paysync::stripe
