// SPDX-License-Identifier: MIT
#include "jobs/stripe/balance.hpp"

#include "jobs/stripe/json.hpp"

namespace paysync::stripe {

Balance parse_balance(std::string_view body) {
    const Document document(body);
    const Object object = document.root();
    object.expect_type("balance");
    return Balance{object.flag("livemode")};
}

}  // namespace paysync::stripe
