// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/currency.hpp"
#include "tests/stripe_sim/objects.hpp"
#include "tests/stripe_sim/world.hpp"

namespace stripe_sim {
namespace {

constexpr int64_t kLargestAmount = 99'999'999;

void check_amount(int64_t amount, const std::string& currency, const std::string& param) {
    if (currency_exponent(currency) < 0) {
        throw invalid_request("Invalid currency: " + currency, param);
    }
    if (amount > kLargestAmount) {
        throw invalid_request("Amount must be no more than 999,999.99", param, "amount_too_large");
    }
    if (amount < minimum_charge(currency)) {
        throw invalid_request("The Payment Link's total amount must convert to at least 50 cents.",
                              param, "amount_too_small");
    }
    if (amount % amount_step(currency) != 0) {
        throw invalid_request("Invalid amount for " + currency, param, "parameter_invalid_integer");
    }
}

Json intent_data(const Json& wanted) {
    Json data = {{"capture_method", nullptr},       {"description", nullptr},
                 {"metadata", Json::object()},      {"setup_future_usage", nullptr},
                 {"statement_descriptor", nullptr}, {"statement_descriptor_suffix", nullptr},
                 {"transfer_group", nullptr}};
    for (const auto& [key, value] : wanted.items()) {
        data[key] = key == "metadata" && value.is_null() ? Json::object() : value;
    }
    return data;
}

void apply_link_params(Json& link, const Json& params) {
    static const char* const kPlain[] = {"active",
                                         "allow_promotion_codes",
                                         "application_fee_amount",
                                         "application_fee_percent",
                                         "billing_address_collection",
                                         "customer_creation",
                                         "inactive_message",
                                         "on_behalf_of",
                                         "payment_method_collection",
                                         "payment_method_types",
                                         "submit_type"};
    static const char* const kMerged[] = {"automatic_tax", "custom_text", "invoice_creation",
                                          "phone_number_collection", "tax_id_collection"};
    for (const char* name : kPlain) {
        if (params.contains(name)) {
            link[name] = params[name];
        }
    }
    for (const char* name : kMerged) {
        if (params.contains(name)) {
            overlay(link[name], params[name]);
        }
    }
    if (params.contains("after_completion")) {
        Json completion = {{"type", text_of(params["after_completion"], "type")}};
        std::string type = completion["type"].get<std::string>();
        completion[type] =
            params["after_completion"].value(type, Json{{"custom_message", nullptr}});
        link["after_completion"] = completion;
    }
    if (params.contains("restrictions")) {
        int64_t used = link["restrictions"].is_null()
                           ? 0
                           : int_of(link["restrictions"]["completed_sessions"], "count");
        link["restrictions"] = params["restrictions"];
        link["restrictions"]["completed_sessions"]["count"] = used;
    }
    if (params.contains("transfer_data")) {
        link["transfer_data"] = {{"amount", member(params["transfer_data"], "amount")},
                                 {"destination", params["transfer_data"]["destination"]}};
    }
    apply_metadata(link, params);
}

}  // namespace

Json World::new_line_item(const Json& params) {
    if (!params.contains("price_data")) {
        throw params.contains("price")
            ? resource_missing("price", text_of(params, "price"), "line_items[0][price]")
            : parameter_missing("line_items[0][price]");
    }
    const Json& price_data = params["price_data"];
    if (!price_data.contains("product_data") || !price_data.contains("unit_amount")) {
        throw parameter_missing(price_data.contains("unit_amount")
                                    ? "line_items[0][price_data][product_data]"
                                    : "line_items[0][price_data][unit_amount]");
    }
    Json item = blank_line_item();
    int64_t amount = int_of(price_data, "unit_amount");
    int64_t total = amount * int_of(params, "quantity", 1);
    item["id"] = ids_.next("li_1");
    item["amount_subtotal"] = item["amount_total"] = total;
    item["currency"] = item["price"]["currency"] = price_data["currency"];
    item["description"] = price_data["product_data"]["name"];
    item["quantity"] = params["quantity"];
    item["price"]["id"] = ids_.next("price_1");
    item["price"]["created"] = now();
    item["price"]["livemode"] = options_.livemode;
    item["price"]["product"] = ids_.next("prod_", 14);
    item["price"]["tax_behavior"] = text_of(price_data, "tax_behavior", "unspecified");
    item["price"]["unit_amount"] = amount;
    item["price"]["unit_amount_decimal"] = std::to_string(amount);
    return item;
}

Json World::create_payment_link(const std::string& account, const Json& params) {
    auto guard = lock();
    run_due();
    Account& seller = this->account(account);
    Json owner_object = account_json(account);
    if (!bool_of(owner_object, "charges_enabled")) {
        throw invalid_request(
            "Your account cannot currently make live charges. Complete the "
            "account's onboarding to use Payment Links.",
            "", "account_not_active");
    }
    if (params["line_items"].empty() || params["line_items"].size() > 20) {
        throw invalid_request("You must pass 1 to 20 line items.", "line_items");
    }
    std::vector<Text> items;
    std::string currency;
    int64_t total = 0;
    for (const Json& wanted : params["line_items"]) {
        Json item = new_line_item(wanted);
        if (!currency.empty() && text_of(item, "currency") != currency) {
            throw invalid_request("All line items must have the same currency.", "line_items");
        }
        currency = text_of(item, "currency");
        total += int_of(item, "amount_total");
        items.push_back(to_text(item));
    }
    check_amount(total, currency, "line_items[0][price_data][unit_amount]");
    Json link = blank_payment_link();
    std::string id = ids_.next("plink_1");
    link["id"] = id;
    link["currency"] = currency;
    link["application"] = &seller == platform_ ? Json() : Json(options_.client_id);
    link["url"] = public_url() + "/pay/" + id;
    apply_link_params(link, params);
    if (int_of(link, "application_fee_amount") > total) {
        throw invalid_request("The application fee must not exceed the total.",
                              "application_fee_amount");
    }
    if (params.contains("payment_intent_data")) {
        link["payment_intent_data"] = intent_data(params["payment_intent_data"]);
    }
    add(seller.payment_links, link, {{"active", bool_of(link, "active") ? "true" : "false"}});
    link = seller.payment_links.find(id)->json();
    seller.line_items[id] = std::move(items);
    link_owners_[id] = &seller;
    emit(seller, "payment_link.created", *seller.payment_links.find(id)->text);
    return link;
}

Json World::update_payment_link(const std::string& account, const std::string& id,
                                const Json& params) {
    auto guard = lock();
    run_due();
    Account& seller = this->account(account);
    Record* record = seller.payment_links.find(id);
    if (record == nullptr) {
        throw resource_missing("payment_link", id, "payment_link");
    }
    Json link = change(*record, [&](Json& object) {
        apply_link_params(object, params);
        if (params.contains("payment_intent_data")) {
            Json data = object["payment_intent_data"].is_null() ? intent_data(Json::object())
                                                                : object["payment_intent_data"];
            overlay(data, intent_data(params["payment_intent_data"]));
            data["metadata"] = intent_data(params["payment_intent_data"])["metadata"];
            object["payment_intent_data"] = data;
        }
    });
    record->set_field("active", bool_of(link, "active") ? "true" : "false");
    emit(seller, "payment_link.updated", *record->text);
    return link;
}

Account* World::link_owner(const std::string& link) {
    auto guard = lock();
    auto found = link_owners_.find(link);
    return found == link_owners_.end() ? nullptr : found->second;
}

Json World::link_json(const std::string& link) {
    auto guard = lock();
    Account* seller = link_owner(link);
    if (seller == nullptr) {
        throw resource_missing("payment_link", link, "payment_link");
    }
    return seller->payment_links.find(link)->json();
}

bool World::link_open(const Json& link) const {
    if (!bool_of(link, "active")) {
        return false;
    }
    const Json& restrictions = link["restrictions"];
    return restrictions.is_null() || int_of(restrictions["completed_sessions"], "count") <
                                         int_of(restrictions["completed_sessions"], "limit");
}

}  // namespace stripe_sim
