// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/list.hpp"
#include "tests/stripe_sim/router.hpp"

namespace stripe_sim {
namespace {

constexpr const char* kLinkFields = R"(
    after_completion obj  after_completion.type! hosted_confirmation|redirect
    after_completion.hosted_confirmation obj
    after_completion.hosted_confirmation.custom_message str
    after_completion.redirect obj  after_completion.redirect.url! str
    allow_promotion_codes bool  automatic_tax obj  automatic_tax.enabled! bool
    application_fee_amount? uint  application_fee_percent? num
    billing_address_collection auto|required  customer_creation always|if_required
    custom_fields[] any  custom_text obj  custom_text.after_submit any  custom_text.submit any
    custom_text.shipping_address any  custom_text.terms_of_service_acceptance any
    expand[] str  inactive_message? str  invoice_creation obj  invoice_creation.enabled! bool
    invoice_creation.invoice_data any  metadata map  on_behalf_of str
    payment_intent_data obj  payment_intent_data.description? str
    payment_intent_data.metadata map  payment_intent_data.setup_future_usage? str
    payment_intent_data.statement_descriptor? str
    payment_intent_data.statement_descriptor_suffix? str
    payment_intent_data.transfer_group? str
    payment_method_collection always|if_required  payment_method_types[]? str
    phone_number_collection obj  phone_number_collection.enabled! bool
    restrictions obj  restrictions.completed_sessions! obj
    restrictions.completed_sessions.limit! uint  submit_type auto|book|donate|pay|subscribe
    tax_id_collection any  transfer_data obj  transfer_data.destination! str
    transfer_data.amount uint )";

constexpr const char* kCreateFields = R"(
    line_items[]! obj  line_items[].price str  line_items[].quantity! uint
    line_items[].adjustable_quantity any  line_items[].price_data obj
    line_items[].price_data.currency! str  line_items[].price_data.product str
    line_items[].price_data.product_data obj  line_items[].price_data.product_data.name! str
    line_items[].price_data.product_data.description str
    line_items[].price_data.product_data.images[] str
    line_items[].price_data.product_data.metadata map
    line_items[].price_data.product_data.tax_code str
    line_items[].price_data.tax_behavior exclusive|inclusive|unspecified
    line_items[].price_data.unit_amount uint
    currency str  payment_intent_data.capture_method automatic|automatic_async|manual )";

constexpr const char* kUpdateFields = R"(
    active bool  line_items[] obj  line_items[].id! str  line_items[].quantity uint )";

Reply link_reply(Context& context, const std::string& id, const Json& params) {
    return object_reply(context, context.account.payment_links.find(id)->text, params);
}

void add_session_routes(Router& router) {
    router.add_collection("/v1/checkout/sessions", "checkout.session", &Account::sessions,
                          std::string(kListParameters) +
                              "customer str customer_account str customer_details obj "
                              "customer_details.email! str payment_intent str payment_link str "
                              "status open|complete|expired subscription str",
                          [](Context&, Json& params, ListQuery& query) {
                              if (!params.contains("customer_details")) {
                                  return;
                              }
                              std::string email = text_of(params["customer_details"], "email");
                              params.erase("customer_details");
                              query.accept = [email](const Record& record) {
                                  Json details = member(record.json(), "customer_details");
                                  return details.is_object() && text_of(details, "email") == email;
                              };
                          });
    Schema none("expand[] str");
    router.add("POST", "/v1/checkout/sessions/{}/expire", [=](Context& context) {
        Json params = none.check(context.params);
        Record* session = context.account.sessions.find(context.ids[0]);
        if (session == nullptr) {
            throw resource_missing("checkout.session", context.ids[0], "session");
        }
        if (session->field("status") != "open") {
            throw invalid_request(
                "Only Checkout Sessions with a status in [\"open\"] can be "
                "expired.");
        }
        session->set_field("status", "expired");
        context.world.change(*session, [](Json& changed) { changed["status"] = "expired"; });
        context.world.emit(context.account, "checkout.session.expired", *session->text);
        return object_reply(context, session->text, params);
    });
}

}  // namespace

void add_link_routes(Router& router) {
    router.add_collection("/v1/payment_links", "payment_link", &Account::payment_links,
                          std::string(kPagingParameters) + "active bool");
    Schema create(std::string(kLinkFields) + kCreateFields);
    router.add("POST", "/v1/payment_links", [=](Context& context) {
        Json params = create.check(context.params);
        Json link = context.world.create_payment_link(context.account.id, params);
        return link_reply(context, text_of(link, "id"), params);
    });
    Schema update(std::string(kLinkFields) + kUpdateFields);
    router.add("POST", "/v1/payment_links/{}", [=](Context& context) {
        Json params = update.check(context.params);
        context.world.update_payment_link(context.account.id, context.ids[0], params);
        return link_reply(context, context.ids[0], params);
    });
    Schema items(kPagingParameters);
    router.add("GET", "/v1/payment_links/{}/line_items", [=](Context& context) {
        Json params = items.check(context.params);
        if (context.account.payment_links.find(context.ids[0]) == nullptr) {
            throw resource_missing("payment_link", context.ids[0], "payment_link");
        }
        ListQuery query = list_query(Json{{"limit", params.value("limit", 10)}});
        Reply reply;
        reply.list = true;
        reply.url = context.path;
        reply.items = context.account.line_items[context.ids[0]];
        reply.has_more = reply.items.size() > query.limit;
        reply.items.resize(std::min(reply.items.size(), query.limit));
        return reply;
    });
    add_session_routes(router);
}

}  // namespace stripe_sim
