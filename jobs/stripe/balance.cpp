// SPDX-License-Identifier: MIT
#include "jobs/stripe/balance.hpp"

#include "jobs/stripe/json.hpp"

namespace paysync::stripe {

Balance parse_balance(std::string_view body) {
    const Document document(body);
    const Object object = document.root();
    object.expect_type("balance");
    Balance balance;
    balance.livemode = object.flag("livemode");
    for (const Object& part : object.objects("available"))
        balance.funds[part.text("currency")].available += part.integer("amount");
    for (const Object& part : object.objects("pending"))
        balance.funds[part.text("currency")].pending += part.integer("amount");
    return balance;
}

}  // namespace paysync::stripe
