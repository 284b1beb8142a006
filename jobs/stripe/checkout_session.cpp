// SPDX-License-Identifier: MIT
#include "jobs/stripe/checkout_session.hpp"

namespace paysync::stripe {

namespace {

CheckoutSession read_checkout_session(const Object& object) {
    CheckoutSession session;
    session.id = object.text("id");
    object.expect_type("checkout.session");
    session.payment_intent = object.opt_reference("payment_intent");
    session.payment_link = object.opt_reference("payment_link");
    session.status = object.opt_text("status").value_or("");
    return session;
}

}  // namespace

CheckoutSession parse_checkout_session(std::string_view body) {
    const Document document(body);
    return read_checkout_session(document.root());
}

Page<CheckoutSession> parse_checkout_sessions(std::string_view body) {
    return parse_page(body, &read_checkout_session);
}

}  // namespace paysync::stripe
