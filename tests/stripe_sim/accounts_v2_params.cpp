// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/account_params.hpp"
#include "tests/stripe_sim/accounts_v2.hpp"
#include "tests/stripe_sim/capabilities.hpp"
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/objects.hpp"
#include "tests/stripe_sim/schema.hpp"
#include "tests/stripe_sim/world.hpp"

#include <cctype>

namespace stripe_sim {
namespace {

constexpr const char* kFields = R"(
    account_token str  contact_email str  contact_phone? str  display_name str  metadata map
    dashboard full|express|none
    include[] configuration.customer|configuration.merchant|configuration.recipient|defaults|future_requirements|identity|requirements
    identity obj  identity.country str
    identity.entity_type company|government_entity|individual|non_profit
    identity.attestations obj  identity.attestations.directorship_declaration any
    identity.attestations.ownership_declaration any  identity.attestations.persons_provided any
    identity.attestations.representative_declaration any
    identity.attestations.terms_of_service obj
    identity.attestations.terms_of_service.account obj
    identity.attestations.terms_of_service.account.date! str
    identity.attestations.terms_of_service.account.ip! str
    identity.attestations.terms_of_service.account.user_agent str
    identity.business_details obj  identity.business_details.additional_addresses any
    identity.business_details.address any  identity.business_details.annual_revenue any
    identity.business_details.documents any  identity.business_details.estimated_worker_count uint
    identity.business_details.id_numbers any
    identity.business_details.monthly_estimated_revenue any  identity.business_details.phone str
    identity.business_details.registered_name str  identity.business_details.registration_date any
    identity.business_details.script_addresses any  identity.business_details.script_names any
    identity.business_details.structure str
    identity.individual obj  identity.individual.additional_addresses any
    identity.individual.additional_names any  identity.individual.address any
    identity.individual.date_of_birth obj  identity.individual.date_of_birth.day! uint
    identity.individual.date_of_birth.month! uint  identity.individual.date_of_birth.year! uint
    identity.individual.documents any  identity.individual.email str
    identity.individual.given_name str  identity.individual.id_numbers any
    identity.individual.legal_gender str  identity.individual.metadata map
    identity.individual.nationalities any  identity.individual.phone str
    identity.individual.political_exposure str  identity.individual.relationship any
    identity.individual.script_addresses any  identity.individual.script_names any
    identity.individual.surname str
    defaults obj  defaults.currency str  defaults.locales[] str  defaults.profile obj
    defaults.profile.business_url? str  defaults.profile.doing_business_as? str
    defaults.profile.product_description? str  defaults.responsibilities obj
    defaults.responsibilities.fees_collector! application|application_custom|application_express|stripe
    defaults.responsibilities.losses_collector! application|stripe
    configuration obj  configuration.customer obj
    configuration.customer.automatic_indirect_tax any  configuration.customer.billing any
    configuration.customer.capabilities any  configuration.customer.shipping any
    configuration.customer.test_clock str
    configuration.merchant obj  configuration.merchant.bacs_debit_payments any
    configuration.merchant.branding obj  configuration.merchant.branding.icon? str
    configuration.merchant.branding.logo? str  configuration.merchant.branding.primary_color? str
    configuration.merchant.branding.secondary_color? str
    configuration.merchant.capabilities any  configuration.merchant.card_payments obj
    configuration.merchant.card_payments.decline_on obj
    configuration.merchant.card_payments.decline_on.avs_failure bool
    configuration.merchant.card_payments.decline_on.cvc_failure bool
    configuration.merchant.konbini_payments any  configuration.merchant.mcc? str
    configuration.merchant.script_statement_descriptor any
    configuration.merchant.sepa_debit_payments any
    configuration.merchant.statement_descriptor obj
    configuration.merchant.statement_descriptor.descriptor? str
    configuration.merchant.statement_descriptor.prefix? str
    configuration.merchant.support obj  configuration.merchant.support.address? any
    configuration.merchant.support.email? str  configuration.merchant.support.phone? str
    configuration.merchant.support.url? str
    configuration.recipient obj  configuration.recipient.capabilities obj
    configuration.recipient.capabilities.bank_accounts any
    configuration.recipient.capabilities.cards any
    configuration.recipient.capabilities.stripe_balance obj
    configuration.recipient.capabilities.stripe_balance.stripe_transfers obj
    configuration.recipient.capabilities.stripe_balance.stripe_transfers.requested! bool )";

constexpr const char* kUpdateFields = R"(
    defaults.payout_methods any  configuration.customer.applied bool
    configuration.merchant.applied bool  configuration.recipient.applied bool )";

/// Moves a member of `from` to another place and name, if it exists.
void move_to(const Json& from, const char* name, Json& to,
             std::initializer_list<const char*> path) {
    auto found = from.find(name);
    if (found == from.end()) {
        return;
    }
    Json* node = &to;
    for (const char* part : path) {
        node = &(*node)[part];
    }
    *node = *found;
}

Json part(const Json& params, const char* name) {
    Json out = member(params, name);
    return out.is_object() ? out : Json::object();
}

Json merchant_capabilities(const Json& wanted) {
    const std::string place = "configuration[merchant][capabilities]";
    if (!wanted.is_object()) {
        throw parameter_invalid("parameter_invalid_object", place, "Invalid object: " + place);
    }
    Json out = Json::object();
    for (const auto& [name, value] : wanted.items()) {
        std::string v1 = v1_capability(name);
        std::string param = place + "[" + name + "]";
        if (!capability_exists(v1) || v2_capability(v1).name != name) {
            throw parameter_unknown(param);
        }
        out[v1] = Schema("requested! bool").check_json(value);
    }
    return out;
}

void merchant_params(const Json& merchant, Json& v1) {
    move_to(merchant, "branding", v1, {"settings", "branding"});
    move_to(merchant, "mcc", v1, {"business_profile", "mcc"});
    Json card = part(merchant, "card_payments");
    move_to(card, "decline_on", v1, {"settings", "card_payments", "decline_on"});
    Json descriptor = part(merchant, "statement_descriptor");
    move_to(descriptor, "descriptor", v1, {"settings", "payments", "statement_descriptor"});
    move_to(descriptor, "prefix", v1, {"settings", "card_payments", "statement_descriptor_prefix"});
    Json support = part(merchant, "support");
    for (const char* name : {"address", "email", "phone", "url"}) {
        std::string v1_name = std::string("support_") + name;
        move_to(support, name, v1, {"business_profile", v1_name.c_str()});
    }
    if (merchant.contains("capabilities")) {
        Json capabilities = merchant_capabilities(merchant["capabilities"]);
        for (const auto& [name, value] : capabilities.items()) {
            v1["capabilities"][name] = value;
        }
    }
}

Json controller_of(const Json& params) {
    Json responsibilities = part(part(params, "defaults"), "responsibilities");
    std::string fees = text_of(responsibilities, "fees_collector", "stripe");
    std::string losses = text_of(responsibilities, "losses_collector", "stripe");
    std::string dashboard = text_of(params, "dashboard", "full");
    if (losses == "application" && fees == "stripe") {
        throw parameter_invalid(
            "", "defaults[responsibilities][fees_collector]",
            "defaults[responsibilities][fees_collector] must be application where the application "
            "bears the losses.");
    }
    // v2 has no parameter for who collects requirements: it is Stripe, unless the platform bears
    // the losses of an account without a dashboard.
    bool collects = dashboard == "none" && losses == "application";
    return {{"fees", {{"payer", fees == "stripe" ? "account" : fees}}},
            {"losses", {{"payments", losses}}},
            {"requirement_collection", collects ? "application" : "stripe"},
            {"stripe_dashboard", {{"type", dashboard}}}};
}

/// The members for which v1 has a parameter, under their v1 names.
Json v1_params(const Json& params) {
    Json v1 = Json::object();
    move_to(params, "contact_email", v1, {"email"});
    move_to(params, "display_name", v1, {"settings", "dashboard", "display_name"});
    move_to(params, "metadata", v1, {"metadata"});
    Json identity = part(params, "identity");
    if (identity.contains("country")) {
        std::string country = text_of(identity, "country");
        for (char& c : country) {
            c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        }
        v1["country"] = country;
    }
    move_to(identity, "entity_type", v1, {"business_type"});
    Json individual = part(identity, "individual");
    move_to(individual, "email", v1, {"representative", "email"});
    move_to(identity, "individual", v1, {"individual"});
    move_to(individual, "given_name", v1, {"individual", "first_name"});
    move_to(individual, "surname", v1, {"individual", "last_name"});
    move_to(identity, "business_details", v1, {"company"});
    Json terms = part(part(identity, "attestations"), "terms_of_service");
    move_to(terms, "account", v1, {"tos_acceptance"});
    Json defaults = part(params, "defaults");
    move_to(defaults, "currency", v1, {"default_currency"});
    Json profile = part(defaults, "profile");
    move_to(profile, "business_url", v1, {"business_profile", "url"});
    move_to(profile, "doing_business_as", v1, {"business_profile", "name"});
    move_to(profile, "product_description", v1, {"business_profile", "product_description"});
    Json configuration = part(params, "configuration");
    merchant_params(part(configuration, "merchant"), v1);
    Json recipient = part(part(configuration, "recipient"), "capabilities");
    move_to(part(recipient, "stripe_balance"), "stripe_transfers", v1,
            {"capabilities", "transfers"});
    return v1;
}

/// The members for which v1 has no place.
void keep(AccountState& state, const Json& params) {
    move_to(params, "contact_phone", state.v2, {"contact_phone"});
    move_to(part(params, "defaults"), "locales", state.v2, {"locales"});
    Json configuration = part(params, "configuration");
    if (configuration.contains("customer")) {
        overlay(state.v2["customer"], configuration["customer"]);
    }
    Json identity = part(params, "identity");
    for (const char* name : {"individual", "business_details"}) {
        if (identity.contains(name)) {
            overlay(state.v2["identity"][name], identity[name]);
        }
    }
    for (const auto& [name, value] : configuration.items()) {
        if (bool_of(value, "applied", true)) {
            state.configurations.insert(name);
        } else {
            state.configurations.erase(name);
        }
    }
}

}  // namespace

std::set<std::string> included(const Json& params) {
    std::set<std::string> out;
    for (const Json& section : params.value("include", Json::array())) {
        out.insert(section.get<std::string>());
    }
    return out;
}

// Not documented: the defaults for dashboard, responsibilities and country; here they are v1's.
std::string create_account_v2(World& world, const Json& body) {
    static const Schema kSchema(kFields);
    Json params = kSchema.check_json(body);
    Json v1 = v1_params(params);
    v1["controller"] = controller_of(params);
    std::string id = text_of(world.create_account(v1), "id");
    AccountState& state = world.account(id).state;
    keep(state, params);
    bool trades =
        state.configurations.contains("merchant") || state.configurations.contains("recipient");
    if (!trades && !state.configurations.empty()) {
        // A customer only pays, so it has no requirements.
        world.change(*world.account_objects().find(id),
                     [](Json& account) { account["requirements"] = blank_requirements(); });
    }
    return id;
}

void update_account_v2(World& world, const std::string& id, const Json& body) {
    static const Schema kSchema(std::string(kFields) + kUpdateFields);
    Json params = kSchema.check_json(body);
    Account& account = world.account(id);
    Json present = world.account_json(id);
    if (account.state.configurations.empty()) {
        account.state.configurations = configurations_of(present, account.state);
    }
    if (params.contains("dashboard") || part(params, "defaults").contains("responsibilities")) {
        // Not documented: when Stripe allows changing them; here they are fixed once the account is
        // created.
        Json wanted = params;
        if (!wanted.contains("dashboard")) {
            wanted["dashboard"] = present["controller"]["stripe_dashboard"]["type"];
        }
        Json controller = present["controller"];
        overlay(controller, controller_of(wanted));
        if (controller != present["controller"]) {
            throw parameter_invalid("", "dashboard",
                                    "dashboard and defaults[responsibilities] cannot be changed.");
        }
    }
    world.update_account(id, v1_params(params));
    keep(account.state, params);
}

}  // namespace stripe_sim
