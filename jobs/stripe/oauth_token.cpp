// SPDX-License-Identifier: MIT
#include "jobs/stripe/oauth_token.hpp"

#include "jobs/stripe/json.hpp"

namespace paysync::stripe {

OAuthToken parse_oauth_token(std::string_view body) {
    const Document document(body);
    const Object object = document.root();
    return {object.text("stripe_user_id"), object.text("scope")};
}

}  // namespace paysync::stripe
