// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/payment_methods.hpp"

#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/objects.hpp"

#include <algorithm>
#include <map>

namespace stripe_sim {

const std::vector<PaymentMethod>& payment_methods() {
    static const std::vector<PaymentMethod> kMethods = {
        {"card", "Card", "card", false, "{}"},
        {"mastercard", "Mastercard of another country", "card", false,
         R"({"brand": "mastercard", "network": "mastercard", "country": "DE", "last4": "4444",
             "fingerprint": "paysyncTestCard1"})"},
        {"amex", "American Express", "card", false,
         R"({"brand": "amex", "network": "amex", "last4": "0005",
             "fingerprint": "paysyncTestCard2"})"},
        {"debit_card", "Debit card", "card", false,
         R"({"funding": "debit", "last4": "5556", "fingerprint": "paysyncTestCard3"})"},
        {"apple_pay", "Apple Pay", "card", false,
         R"({"wallet": {"apple_pay": {}, "dynamic_last4": "4242",
             "type": "apple_pay"}})"},
        {"google_pay", "Google Pay", "card", false,
         R"({"wallet": {"dynamic_last4": "4242", "google_pay": {}, "type": "google_pay"}})"},
        {"link", "Link", "link", false, R"({"country": "US"})"},
        {"cashapp", "Cash App Pay", "cashapp", false,
         R"({"buyer_id": null, "cashtag": "$paysync", "transaction_id": null})"},
        {"ideal", "iDEAL", "ideal", false,
         R"({"bank": "ing", "bic": "INGBNL2A", "generated_sepa_debit": null,
             "generated_sepa_debit_mandate": null, "iban_last4": "5264",
             "transaction_id": null, "verified_name": "Test Buyer"})"},
        {"klarna", "Klarna", "klarna", false,
         R"({"payer_details": null, "payment_method_category": "pay_later",
             "preferred_locale": "en-US"})"},
        {"us_bank_account", "US bank debit (decided later)", "us_bank_account", true,
         R"({"account_holder_type": "individual", "account_type": "checking",
             "bank_name": "STRIPE TEST BANK", "fingerprint": "paysyncTestBank0",
             "last4": "6789", "payment_reference": null,
             "routing_number": "110000000"})"},
        {"sepa_debit", "SEPA debit (decided later)", "sepa_debit", true,
         R"({"bank_code": "37040044", "branch_code": null, "country": "DE",
             "fingerprint": "paysyncTestBank1", "last4": "3000", "mandate": null})"},
        {"bacs_debit", "Bacs debit (decided later)", "bacs_debit", true,
         R"({"expected_debit_date": null, "fingerprint": "paysyncTestBank2", "last4": "2345",
             "mandate": null, "sort_code": "108800"})"},
        {"boleto", "Boleto voucher (decided later)", "boleto", true,
         R"({"tax_id": "000.000.000-00"})"},
    };
    return kMethods;
}

const PaymentMethod& payment_method(const std::string& name) {
    for (const PaymentMethod& method : payment_methods()) {
        if (name == method.name) {
            return method;
        }
    }
    throw parameter_invalid("", "method", "Unknown payment method: " + name);
}

const std::vector<std::string>& method_currencies(const std::string& type) {
    // https://docs.stripe.com/payments/payment-methods/payment-method-support
    static const std::map<std::string, std::vector<std::string>> kCurrencies = {
        {"acss_debit", {"cad", "usd"}},
        {"affirm", {"cad", "usd"}},
        {"afterpay_clearpay", {"aud", "cad", "gbp", "nzd", "usd"}},
        {"au_becs_debit", {"aud"}},
        {"bacs_debit", {"gbp"}},
        {"bancontact", {"eur"}},
        {"blik", {"pln"}},
        {"boleto", {"brl"}},
        {"cashapp", {"usd"}},
        {"eps", {"eur"}},
        {"fpx", {"myr"}},
        {"giropay", {"eur"}},
        {"grabpay", {"myr", "sgd"}},
        {"ideal", {"eur"}},
        {"konbini", {"jpy"}},
        {"mb_way", {"eur"}},
        {"mobilepay", {"dkk", "eur", "nok", "sek"}},
        {"multibanco", {"eur"}},
        {"oxxo", {"mxn"}},
        {"p24", {"eur", "pln"}},
        {"pay_by_bank", {"gbp"}},
        {"paynow", {"sgd"}},
        {"payto", {"aud"}},
        {"pix", {"brl"}},
        {"promptpay", {"thb"}},
        {"satispay", {"eur"}},
        {"sepa_debit", {"eur"}},
        {"sofort", {"eur"}},
        {"swish", {"sek"}},
        {"twint", {"chf"}},
        {"us_bank_account", {"usd"}},
    };
    static const std::vector<std::string> kAny;
    auto found = kCurrencies.find(type);
    return found == kCurrencies.end() ? kAny : found->second;
}

void check_method_types(const Json& types, const std::string& currency, const Json& account) {
    const Json wanted = types.is_array() && !types.empty() ? types : Json::array({"card"});
    for (const Json& each : wanted) {
        std::string type = each.get<std::string>();
        const std::vector<std::string>& accepted = method_currencies(type);
        if (!accepted.empty() &&
            std::find(accepted.begin(), accepted.end(), currency) == accepted.end()) {
            std::string list;
            for (const std::string& one : accepted) {
                list += (list.empty() ? "`" : ", `") + one + "`";
            }
            throw invalid_request("Invalid currency options `" + currency +
                                      "`. The payment method `" + type +
                                      "` only supports the following currencies: " + list + ".",
                                  "payment_method_types");
        }
        // https://docs.stripe.com/connect/account-capabilities: a capability must be active before
        // the account can use it. An account with the full dashboard has its methods there instead,
        // and no capability.
        std::string capability =
            type == "us_bank_account" ? "us_bank_account_ach_payments" : type + "_payments";
        if (text_of(account["capabilities"], capability.c_str(), "active") != "active") {
            throw invalid_request(
                "You cannot create a charge on a connected account without the `" + capability +
                    "` capability enabled.",
                "", "payment_method_unactivated");
        }
    }
}

bool link_takes(const Json& link, const std::string& method) {
    Json types = member(link, "payment_method_types");
    if (!types.is_array() || types.empty() || method.empty()) {
        return true;
    }
    return std::find(types.begin(), types.end(), payment_method(method).type) != types.end();
}

Json payment_method_details(const PaymentMethod& method, bool declined, int64_t amount) {
    std::string type = method.type;
    Json details = type == "card" ? blank_card() : Json::object();
    overlay(details, Json::parse(method.details));
    if (type == "card") {
        details["overcapture"]["maximum_amount_capturable"] = amount;
    }
    if (type == "card" && declined) {
        details["last4"] = "0002";
    }
    return {{type, details}, {"type", type}};
}

}  // namespace stripe_sim
