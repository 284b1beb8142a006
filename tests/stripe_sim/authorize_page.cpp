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

Answer decide(World& world, const FormPairs& form) {
    std::string redirect = form_value(form, "redirect_uri");
    std::string state = form_value(form, "state");
    if (form_value(form, "action") == "deny") {
        return redirect_answer(
            with_params(redirect, {{"error", "access_denied"},
                                   {"error_description", "The user denied your request"},
                                   {"state", state}}));
    }
    std::string account = form_value(form, "account");
    if (account.empty()) {
        auto guard = world.lock();
        Json params = {{"email", form_value(form, "stripe_user[email]", "owner@example.com")}};
        account = text_of(world.create_account(params, false), "id");
        world.complete_onboarding(account);
    }
    std::string scope = form_value(form, "scope", "read_write");
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
    if (!known) {
        return html_answer(400, "Invalid request", "<p>Invalid redirect URI.</p>");
    }
    if (form_value(params, "response_type", "code") != "code") {
        return redirect_answer(with_params(redirect, {{"error", "unsupported_response_type"},
                                                      {"state", form_value(params, "state")}}));
    }
    if (call.method == "POST") {
        return decide(world, params);
    }
    return html_answer(
        200, "Connect your account",
        "<form method=\"post\" action=\"/oauth/authorize\">" + hidden(params, "client_id") +
            hidden(params, "redirect_uri") + hidden(params, "state") + hidden(params, "scope") +
            hidden(params, "stripe_user[email]") +
            "<label>Existing account (empty = a new one) <input type=\"text\" name=\"account\">"
            "</label><button name=\"action\" value=\"connect\">Connect</button>"
            "<button name=\"action\" value=\"deny\">Deny</button></form>");
}

}  // namespace stripe_sim
