// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/form.hpp"
#include "tests/stripe_sim/pages.hpp"

#include <map>

namespace stripe_sim {
namespace {

bool any_prefix(const std::string& field, std::initializer_list<const char*> prefixes) {
    bool out = false;
    for (const char* prefix : prefixes) {
        out = out || field.starts_with(prefix);
    }
    return out;
}

std::string group_of(const std::string& field) {
    if (any_prefix(field, {"business_type", "company.", "business_profile.mcc"})) {
        return "1 Business information";
    }
    if (any_prefix(field, {"individual.", "representative.", "person_", "owners.", "directors.",
                           "executives."})) {
        return "2 Personal verification";
    }
    if (field.starts_with("business_profile.")) {
        return "3 Public profile";
    }
    if (field.starts_with("external_account")) {
        return "4 Bank account";
    }
    return field.starts_with("tos_acceptance.") ? "5 Terms of service" : "6 More";
}

std::string input(const std::string& field) {
    std::string name = html_escape(field);
    if (field.starts_with("tos_acceptance.")) {
        return "<label><input type=\"checkbox\" name=\"" + name + "\" value=\"yes\"> " + name +
               "</label>";
    }
    return "<label>" + name + " <input type=\"text\" name=\"" + name + "\"></label>";
}

std::string groups(const std::vector<std::string>& fields) {
    std::map<std::string, std::string> by_group;
    for (const std::string& field : fields) {
        by_group[group_of(field)] += input(field);
    }
    std::string out = fields.empty() ? "<p>Nothing is due.</p>" : "";
    for (const auto& [group, inputs] : by_group) {
        out += "<fieldset><legend>" + group.substr(2) + "</legend>" + inputs + "</fieldset>";
    }
    return out;
}

std::string complaints(const Json& account) {
    std::string out;
    for (const Json& error : account["requirements"]["errors"]) {
        out += "<p role=\"alert\">" + html_escape(text_of(error, "requirement")) + ": " +
               html_escape(text_of(error, "reason")) + "</p>";
    }
    return out;
}

Answer submitted(World& world, const Call& call, const std::string& token) {
    Json form = Json::object();
    for (const auto& [name, value] : parse_form(call.body)) {
        form[name] = value;
    }
    std::string url = world.submit_onboarding(token, form);
    return url.empty() ? html_answer(200, "All set", "<p>You can close this page.</p>")
                       : redirect_answer(url);
}

}  // namespace

Answer onboarding_page(World& world, const Call& call, const std::string& token) {
    auto guard = world.lock();
    if (call.method == "POST") {
        return submitted(world, call, token);
    }
    World::OnboardingVisit visit = world.open_onboarding(token);
    if (!visit.usable) {
        return redirect_answer(visit.url);
    }
    Json account = world.account_json(visit.account);
    const Json& profile = account["business_profile"];
    return html_answer(
        200, "Set up your account",
        "<p>Account " + html_escape(visit.account) + "</p>" + complaints(account) +
            "<form method=\"post\" action=\"/onboard/" + html_escape(token) + "\">" +
            groups(visit.fields) +
            "<fieldset><legend>Your business</legend><label>Business name <input type=\"text\" "
            "name=\"name\" value=\"" +
            html_escape(text_of(profile, "name")) +
            "\"></label><label>Website <input type=\"text\" name=\"url\" value=\"" +
            html_escape(text_of(profile, "url")) +
            "\"></label><label>Identity document <select name=\"document\"><option "
            "value=\"accepted\">A readable one</option><option value=\"rejected\">An unreadable "
            "one, to be refused</option></select></label></fieldset>"
            "<button name=\"action\" value=\"submit\">Agree and submit</button>"
            "<button name=\"action\" value=\"later\">Save for later</button>"
            "<p class=\"note\">Submitting meets all that is asked here, with test data where a "
            "field is empty. Saving meets the fields that are filled in.</p></form>");
}

Answer express_page(World& world, const std::string& token) {
    auto guard = world.lock();
    std::string id = world.open_login_link(token);
    Json account = world.account_json(id);
    auto yes_no = [](bool value) { return value ? "yes" : "no"; };
    return html_answer(
        200, "Express dashboard",
        "<p>Account " + html_escape(id) +
            "</p><p>Charges enabled: " + yes_no(bool_of(account, "charges_enabled")) +
            "</p><p>Payouts enabled: " + yes_no(bool_of(account, "payouts_enabled")) + "</p>");
}

}  // namespace stripe_sim
