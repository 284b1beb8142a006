// SPDX-License-Identifier: MIT
#include "jobs/stripe/payment_link.hpp"

namespace paysync::stripe {

std::optional<std::string> PaymentLink::request_id() const {
    const auto found = metadata.find("request_id");
    return found == metadata.end() ? std::nullopt : std::optional(found->second);
}

namespace {

PaymentLink read_payment_link(const Object& object) {
    object.expect_type("payment_link");
    PaymentLink link;
    link.id = object.text("id");
    link.url = object.text("url");
    link.active = object.flag("active");
    link.livemode = object.flag("livemode");
    link.currency = object.opt_text("currency");
    link.metadata = object.opt_text_map("metadata");
    if (const auto restrictions = object.opt_object("restrictions")) {
        if (const auto sessions = restrictions->opt_object("completed_sessions")) {
            link.completed_sessions = sessions->integer("count");
            link.session_limit = sessions->opt_integer("limit");
        }
    }
    return link;
}

}  // namespace

PaymentLink parse_payment_link(std::string_view body) {
    const Document document(body);
    return read_payment_link(document.root());
}

Page<PaymentLink> parse_payment_links(std::string_view body) {
    return parse_page(body, &read_payment_link);
}

}  // namespace paysync::stripe
