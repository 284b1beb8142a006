// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/form.hpp"
#include "tests/stripe_sim/pages.hpp"

#include <algorithm>

namespace stripe_sim {
namespace {

std::string with_params(const std::string& url, const FormPairs& params) {
    std::string out = url;
    char join = url.find('?') == std::string::npos ? '?' : '&';
    for (const auto& [name, value] : params) {
        if (!value.empty()) {
            out += join + name + "=" + percent_encode(value);
            join = '&';
        }
    }
    return out;
}

std::string hidden(const FormPairs& params, const char* name) {
    return std::string("<input type=\"hidden\" name=\"") + name + "\" value=\"" +
           html_escape(form_value(params, name)) + "\">";
}

std::string scope_of(const FormPairs& form) {
    std::string scope = form_value(form, "scope");
    return scope.empty() ? "read_only" : scope;
}

std::string new_account(World& world, const FormPairs& form) {
    std::string email = form_value(form, "stripe_user[email]");
    Json params = {{"email", email.empty() ? "owner@example.com" : email}};
    std::string country = form_value(form, "stripe_user[country]");
    if (!country.empty()) {
        params["country"] = country;
    }
    std::string name = form_value(form, "stripe_user[business_name]");
    if (!name.empty()) {
        params["business_profile"]["name"] = name;
    }
    std::string id = text_of(world.create_account(params, false), "id");
    world.complete_onboarding(id);
    return id;
}

/// The accounts from which the owner of the address may choose. One address can own several.
std::string choices(World& world, const std::string& email) {
    std::string out;
    if (email.empty()) {
        return out;
    }
    world.each_account([&](Account& account) {
        Json object = world.account_json(account.id);
        if (text_of(object, "email") == email && text_of(object, "type") == "standard" &&
            !account.deleted) {
            out += "<label><input type=\"radio\" name=\"account\" value=\"" + account.id + "\"> " +
                   html_escape(text_of(object["business_profile"], "name", account.id)) + " (" +
                   account.id + ")</label>";
        }
    });
    return out.empty() ? out
                       : out +
                             "<label><input type=\"radio\" name=\"account\" value=\"\" checked> A "
                             "new account</label>";
}

Answer decide(World& world, const FormPairs& form) {
    std::string redirect = form_value(form, "redirect_uri");
    std::string state = form_value(form, "state");
    if (form_value(form, "action") == "deny") {
        return redirect_answer(
            with_params(redirect, {{"error", "access_denied"},
                                   {"error_description", "The user denied your request"},
                                   {"state", state}}));
    }
    auto guard = world.lock();
    std::string account = form_value(form, "account");
    if (account.empty()) {
        account = new_account(world, form);
    } else if (text_of(world.account_json(account), "type") != "standard") {
        return html_answer(400, "Invalid request",
                           "<p>Only an account that its owner controls can be connected here.</p>");
    }
    std::string scope = scope_of(form);
    return redirect_answer(with_params(
        redirect, {{"scope", scope}, {"code", world.authorize(account, scope)}, {"state", state}}));
}

}  // namespace

Answer authorize_page(World& world, const Options& options, const Call& call) {
    FormPairs params = parse_form(call.method == "POST" ? call.body : call.query);
    std::string redirect = form_value(params, "redirect_uri");
    const auto& allowed = options.redirect_uris;
    bool known = allowed.empty()
                     ? !redirect.empty()
                     : std::find(allowed.begin(), allowed.end(), redirect) != allowed.end();
    if (form_value(params, "client_id") != options.client_id) {
        return html_answer(400, "Invalid request", "<p>No application matches this client_id.</p>");
    }
    if (!known || (options.livemode && !redirect.starts_with("https://"))) {
        return html_answer(400, "Invalid request", "<p>Invalid redirect URI.</p>");
    }
    if (form_value(params, "response_type", "code") != "code") {
        return redirect_answer(with_params(redirect, {{"error", "unsupported_response_type"},
                                                      {"state", form_value(params, "state")}}));
    }
    std::string scope = scope_of(params);
    if (scope != "read_only" && scope != "read_write") {
        return redirect_answer(with_params(redirect, {{"error", "invalid_scope"},
                                                      {"error_description", "Unknown scope"},
                                                      {"state", form_value(params, "state")}}));
    }
    if (call.method == "POST") {
        return decide(world, params);
    }
    std::string owned = choices(world, form_value(params, "stripe_user[email]"));
    std::string typed =
        "<label>Existing account (empty = a new one) <input type=\"text\" "
        "name=\"account\"></label>";
    return html_answer(
        200, "Connect your account",
        "<form method=\"post\" action=\"/oauth/authorize\">" + hidden(params, "client_id") +
            hidden(params, "redirect_uri") + hidden(params, "state") + hidden(params, "scope") +
            hidden(params, "stripe_user[email]") + hidden(params, "stripe_user[country]") +
            hidden(params, "stripe_user[business_name]") + "<p>Access: " + html_escape(scope) +
            "</p>" + (owned.empty() ? typed : owned) +
            "<button name=\"action\" value=\"connect\">Connect</button>"
            "<button name=\"action\" value=\"deny\">Deny</button></form>");
}

}  // namespace stripe_sim
