// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace paysync::stripe {

/// What an authorization code was exchanged for. The tokens in the answer are not read: the
/// platform's own key and the account's id are enough.
struct OAuthToken {
    std::string account_id;
    std::string scope;  ///< read_write or read_only
};

/// The answer of `POST /oauth/token`. Throws FieldError for anything else.
OAuthToken parse_oauth_token(std::string_view body);

}  // namespace paysync::stripe
