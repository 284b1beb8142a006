// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/currency.hpp"
#include "tests/stripe_sim/objects.hpp"
#include "tests/stripe_sim/payment_methods.hpp"
#include "tests/stripe_sim/world.hpp"

#include <algorithm>
#include <set>

namespace stripe_sim {
namespace {

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

/// The two refusals of an account that cannot take payments: one that never could
/// (https://docs.stripe.com/error-codes#testmode-charges-only), and one that Stripe has disabled,
/// which has no code.
void check_charges_enabled(const Json& account) {
    if (bool_of(account, "charges_enabled")) {
        return;
    }
    if (!bool_of(account, "details_submitted")) {
        throw invalid_request(
            "Your account has not been activated and can only make test charges. Activate your "
            "account in the Dashboard to begin processing live charges.",
            "", "testmode_charges_only");
    }
    throw invalid_request(
        "This Connect account cannot currently make live charges. The "
        "`requirements.disabled_reason` property on the account will provide information about why "
        "this account is currently disabled.");
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

/// The given values with Stripe's defaults around them, at every level.
Json filled(const std::string& name, const Json& wanted) {
    if (wanted.is_array()) {
        Json out = Json::array();
        for (const Json& each : wanted) {
            out.push_back(filled("", each));
        }
        return out;
    }
    if (!wanted.is_object()) {
        return wanted;
    }
    Json out = blank_link_part(name);
    out = out.is_null() ? Json::object() : out;
    for (const auto& [key, value] : wanted.items()) {
        out[key] = filled(key, value);
    }
    return out;
}

void apply_completion(Json& link, const Json& wanted) {
    std::string type = text_of(wanted, "type");
    link["after_completion"] = {{"type", type}};
    link["after_completion"][type] = wanted.value(type, Json{{"custom_message", nullptr}});
}

void apply_restrictions(Json& link, const Json& wanted) {
    Json present = member(link, "restrictions");
    link["restrictions"] = wanted;
    if (!wanted.is_null()) {
        link["restrictions"]["completed_sessions"]["count"] =
            present.is_null() ? 0 : int_of(present["completed_sessions"], "count");
    }
}

void apply_link_params(Json& link, const Json& params) {
    static const std::set<std::string> kElsewhere = {"currency", "expand", "line_items", "metadata",
                                                     "payment_intent_data"};
    static const std::set<std::string> kMerged = {"automatic_tax", "custom_text",
                                                  "invoice_creation"};
    for (const auto& [name, value] : params.items()) {
        if (kElsewhere.contains(name)) {
            continue;
        }
        if (name == "after_completion") {
            apply_completion(link, value);
        } else if (name == "restrictions") {
            apply_restrictions(link, value);
        } else if (name == "transfer_data" && !value.is_null()) {
            link[name] = {{"amount", member(value, "amount")},
                          {"destination", value["destination"]}};
        } else if (name == "name_collection" && value.is_null()) {
            link.erase(name);
        } else if (name == "custom_fields") {
            link[name] = value.is_null() ? Json::array() : filled(name, value);
            for (Json& field : link[name]) {
                field["optional"] = bool_of(field, "optional");
            }
        } else if (kMerged.contains(name)) {
            overlay(link[name], filled(name, value));
        } else {
            link[name] = filled(name, value);
        }
    }
    apply_metadata(link, params);
}

/// The price of one unit, from either of its two forms.
int64_t unit_amount(const Json& price_data, const std::string& param) {
    std::string decimal = text_of(price_data, "unit_amount_decimal");
    if (decimal.empty()) {
        if (!price_data.contains("unit_amount")) {
            throw parameter_missing(param + "[unit_amount]");
        }
        return int_of(price_data, "unit_amount");
    }
    if (price_data.contains("unit_amount")) {
        throw parameter_invalid("", param,
                                "You may only specify one of unit_amount and "
                                "unit_amount_decimal.");
    }
    if (decimal.find_first_not_of("0123456789") != std::string::npos || decimal.size() > 12) {
        throw parameter_invalid("parameter_invalid_decimal", param + "[unit_amount_decimal]",
                                "This stand-in accepts whole minor units only: " + decimal);
    }
    return std::stoll(decimal);
}

void apply_quantity(Json& item, const Json& wanted) {
    if (wanted.contains("quantity")) {
        item["quantity"] = wanted["quantity"];
        int64_t total = int_of(item["price"], "unit_amount") * int_of(wanted, "quantity");
        item["amount_subtotal"] = item["amount_total"] = total;
    }
    if (wanted.contains("adjustable_quantity")) {
        item["adjustable_quantity"] = filled("adjustable_quantity", wanted["adjustable_quantity"]);
    }
}

/// Changes the quantities of existing items; their prices cannot change.
void update_line_items(std::vector<Text>& items, const Json& wanted) {
    for (size_t i = 0; i < wanted.size(); ++i) {
        std::string id = text_of(wanted[i], "id");
        auto found = std::find_if(items.begin(), items.end(), [&](const Text& text) {
            return text_of(Json::parse(*text), "id") == id;
        });
        if (found == items.end()) {
            throw invalid_request("No such line item: '" + id + "'",
                                  "line_items[" + std::to_string(i) + "][id]", "resource_missing");
        }
        Json item = Json::parse(**found);
        apply_quantity(item, wanted[i]);
        *found = to_text(item);
    }
}

}  // namespace

Json World::new_line_item(const Json& params, const std::string& param) {
    if (!params.contains("price_data")) {
        if (params.contains("price")) {
            throw invalid_request("No such price: '" + text_of(params, "price") + "'",
                                  param + "[price]", "resource_missing");
        }
        throw parameter_missing(param + "[price]");
    }
    const Json& price_data = params["price_data"];
    std::string place = param + "[price_data]";
    if (!price_data.contains("product_data")) {
        if (price_data.contains("product")) {
            throw invalid_request("No such product: '" + text_of(price_data, "product") + "'",
                                  place + "[product]", "resource_missing");
        }
        throw parameter_missing(place + "[product_data]");
    }
    Json item = blank_line_item();
    int64_t amount = unit_amount(price_data, place);
    item["id"] = ids_.next("li_1");
    item["currency"] = item["price"]["currency"] = price_data["currency"];
    item["description"] = price_data["product_data"]["name"];
    item["price"]["id"] = ids_.next("price_1");
    item["price"]["created"] = now();
    item["price"]["livemode"] = options_.livemode;
    item["price"]["product"] = ids_.next("prod_", 14);
    item["price"]["tax_behavior"] = text_of(price_data, "tax_behavior", "unspecified");
    item["price"]["unit_amount"] = amount;
    item["price"]["unit_amount_decimal"] = std::to_string(amount);
    apply_quantity(item, params);
    return item;
}

Json World::create_payment_link(const std::string& account, const Json& params) {
    auto guard = lock();
    run_due();
    Account& seller = this->account(account);
    Json owner_object = account_json(account);
    check_charges_enabled(owner_object);
    if (params["line_items"].empty() || params["line_items"].size() > 20) {
        throw invalid_request("You must pass 1 to 20 line items.", "line_items");
    }
    std::vector<Text> items;
    std::string currency;
    int64_t total = 0;
    for (const Json& wanted : params["line_items"]) {
        Json item = new_line_item(wanted, "line_items[" + std::to_string(items.size()) + "]");
        if (!currency.empty() && text_of(item, "currency") != currency) {
            throw invalid_request("All line items must have the same currency.", "line_items");
        }
        currency = text_of(item, "currency");
        total += int_of(item, "amount_total");
        items.push_back(to_text(item));
    }
    check_amount(total, currency, "line_items[0][price_data][unit_amount]");
    check_method_types(member(params, "payment_method_types"), currency, owner_object);
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
    update_line_items(seller.line_items[id], params.value("line_items", Json::array()));
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

Json World::switch_link(const std::string& link, bool active) {
    auto guard = lock();
    run_due();
    link_json(link);
    return update_payment_link(link_owner(link)->id, link, {{"active", active}});
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
