// SPDX-License-Identifier: MIT
#include "jobs/stripe/account.hpp"

namespace paysync::stripe {

namespace {

Requirements read_requirements(const std::optional<Object>& object) {
    Requirements requirements;
    if (!object)
        return requirements;
    requirements.currently_due = object->opt_texts("currently_due");
    requirements.eventually_due = object->opt_texts("eventually_due");
    requirements.past_due = object->opt_texts("past_due");
    requirements.pending_verification = object->opt_texts("pending_verification");
    requirements.disabled_reason = object->opt_text("disabled_reason");
    requirements.current_deadline = object->opt_integer("current_deadline");
    for (const Object& error : object->opt_objects("errors"))
        requirements.errors.push_back(
            {error.text("code"), error.text("reason"), error.text("requirement")});
    return requirements;
}

Branding read_branding(const Object& object) {
    Branding branding;
    branding.icon = object.opt_reference("icon");
    branding.logo = object.opt_reference("logo");
    branding.primary_color = object.opt_text("primary_color");
    branding.secondary_color = object.opt_text("secondary_color");
    return branding;
}

Account read_account(const Object& object) {
    object.expect_type("account");
    Account account;
    account.id = object.text("id");
    account.email = object.opt_text("email");
    account.country = object.opt_text("country");
    account.default_currency = object.opt_text("default_currency");
    account.created = object.opt_integer("created");
    account.charges_enabled = object.flag("charges_enabled");
    account.payouts_enabled = object.flag("payouts_enabled");
    account.details_submitted = object.flag("details_submitted");
    account.requirements = read_requirements(object.opt_object("requirements"));
    account.future_requirements = read_requirements(object.opt_object("future_requirements"));
    account.metadata = object.opt_text_map("metadata");
    if (const auto settings = object.opt_object("settings")) {
        if (const auto branding = settings->opt_object("branding"))
            account.branding = read_branding(*branding);
        if (const auto payments = settings->opt_object("payments"))
            account.statement_descriptor = payments->opt_text("statement_descriptor");
    }
    return account;
}

}  // namespace

Account parse_account(std::string_view body) {
    const Document document(body);
    return read_account(document.root());
}

Page<Account> parse_accounts(std::string_view body) {
    return parse_page(body, &read_account);
}

AccountLink parse_account_link(std::string_view body) {
    const Document document(body);
    const Object object = document.root();
    object.expect_type("account_link");
    return {object.text("url"), object.integer("created"), object.integer("expires_at")};
}

}  // namespace paysync::stripe
