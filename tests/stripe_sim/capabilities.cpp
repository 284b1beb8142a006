// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/capabilities.hpp"

#include "tests/stripe_sim/account_requirements.hpp"
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/objects.hpp"

#include <set>
#include <sstream>

namespace stripe_sim {
namespace {

constexpr const char* kV1Names = R"(
    acss_debit_payments affirm_payments afterpay_clearpay_payments alma_payments
    amazon_pay_payments app_distribution au_becs_debit_payments bacs_debit_payments
    bancontact_payments bank_transfer_payments billie_payments bizum_payments blik_payments
    blik_recurring_payments boleto_payments card_issuing card_payments cartes_bancaires_payments
    cashapp_payments crypto_payments eps_payments fpx_payments gb_bank_transfer_payments
    giropay_payments grabpay_payments ideal_payments india_international_payments jcb_payments
    jp_bank_transfer_payments kakao_pay_payments klarna_payments konbini_payments
    kr_card_payments legacy_payments link_payments mb_way_payments mobilepay_payments
    multibanco_payments mx_bank_transfer_payments naver_pay_payments
    nz_bank_account_becs_debit_payments oxxo_payments p24_payments pay_by_bank_payments
    payco_payments paynow_payments paypay_payments payto_payments pix_payments
    promptpay_payments revolut_pay_payments samsung_pay_payments satispay_payments
    scalapay_payments sepa_bank_transfer_payments sepa_debit_payments sequra_payments
    sofort_payments sunbit_payments swish_payments tax_reporting_us_1099_k
    tax_reporting_us_1099_misc transfers treasury twint_payments upi_payments
    us_bank_account_ach_payments us_bank_transfer_payments wero_payments zip_payments )";

Json part_of(const Json& requirements, const AccountState& state, const std::string& name) {
    Json part = blank_requirements();
    part.update(requirements);
    for (const char* list :
         {"currently_due", "eventually_due", "past_due", "pending_verification"}) {
        part[list] = Json::array();
        for (const std::string& field : listed(requirements, list)) {
            if (restricts(state, field, name)) {
                part[list].push_back(field);
            }
        }
    }
    part["disabled_reason"] = nullptr;
    if (part["currently_due"].empty()) {
        part["current_deadline"] = nullptr;
    }
    return part;
}

Json disabled_reason(const Json& requirements, const std::string& hold, const std::string& status) {
    if (status == "active" || status == "unrequested") {
        return nullptr;
    }
    if (hold.starts_with("rejected.")) {
        return "rejected.other";
    }
    if (hold == "platform_paused") {
        return hold;
    }
    if (hold == "under_review" || status == "pending") {
        return "pending.review";
    }
    return hold.empty() && !requirements["currently_due"].empty() ? "requirements.fields_needed"
                                                                  : "other";
}

}  // namespace

bool capability_exists(const std::string& name) {
    static const std::set<std::string> kKnown = [] {
        std::set<std::string> out;
        std::istringstream words(kV1Names);
        for (std::string word; words >> word;) {
            out.insert(word);
        }
        return out;
    }();
    return kKnown.contains(name);
}

Json capability_json(const Json& account, const AccountState& state, const std::string& name) {
    if (!capability_exists(name)) {
        throw resource_missing("capability", name, "capability");
    }
    std::string status = text_of(account["capabilities"], name.c_str(), "unrequested");
    bool requested = status != "unrequested";
    Json requirements = part_of(account["requirements"], state, name);
    requirements["disabled_reason"] = disabled_reason(requirements, state.hold, status);
    auto since = state.requested_at.find(name);
    Json at = since == state.requested_at.end() ? account["created"] : Json(since->second);
    return {{"id", name},
            {"object", "capability"},
            {"account", account["id"]},
            {"future_requirements", part_of(account["future_requirements"], state, name)},
            {"requested", requested},
            {"requested_at", requested ? at : Json()},
            {"requirements", requirements},
            {"status", status}};
}

void request_capabilities(Json& account, AccountState& state, const Json& wanted, int64_t now) {
    for (const auto& [name, capability] : wanted.items()) {
        if (!capability_exists(name)) {
            throw parameter_unknown("capabilities[" + name + "]");
        }
        if (!bool_of(capability, "requested")) {
            account["capabilities"].erase(name);
            state.requested_at.erase(name);
        } else if (!account["capabilities"].contains(name)) {
            account["capabilities"][name] = "inactive";
            state.requested_at[name] = now;
        }
    }
    if (!wanted.empty()) {
        settle(account, state);
    }
}

}  // namespace stripe_sim
