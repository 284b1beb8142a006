// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/currency.hpp"
#include "tests/stripe_sim/form.hpp"
#include "tests/stripe_sim/pages.hpp"
#include "tests/stripe_sim/payment_methods.hpp"

#include <cctype>

namespace stripe_sim {
namespace {

std::string money(int64_t amount, const std::string& currency) {
    int exponent = currency_exponent(currency);
    std::string digits = std::to_string(amount);
    auto places = static_cast<size_t>(exponent < 0 ? 0 : exponent);
    if (places > 0) {
        if (digits.size() <= places) {
            digits.insert(0, places + 1 - digits.size(), '0');
        }
        digits.insert(digits.size() - places, ".");
    }
    std::string code;
    for (char c : currency) {
        code += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return digits + " " + code;
}

/// The characters that Stripe accepts in client_reference_id; it silently drops a value with any
/// other.
std::string clean_reference(const std::string& text) {
    bool good = text.size() <= 200;
    for (char c : text) {
        good = good && (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_');
    }
    return good ? text : "";
}

Answer inactive_page(const Json& link) {
    std::string message = text_of(link, "inactive_message", "This link is no longer active.");
    return html_answer(200, "Link inactive", "<p>" + html_escape(message) + "</p>");
}

Answer paid_page(const Json& link, const Json& result) {
    const Json& completion = link["after_completion"];
    if (text_of(completion, "type") == "redirect") {
        std::string url = text_of(completion["redirect"], "url");
        const std::string place = "{CHECKOUT_SESSION_ID}";
        for (size_t at = url.find(place); at != std::string::npos; at = url.find(place)) {
            url.replace(at, place.size(), text_of(result, "session"));
        }
        return redirect_answer(url);
    }
    std::string message =
        text_of(completion["hosted_confirmation"], "custom_message", "Thanks for your payment.");
    return html_answer(200, "Payment received", "<p>" + html_escape(message) + "</p>");
}

std::string item_list(World& world, const std::string& link, int64_t& total) {
    std::string out;
    for (const Text& text : world.link_owner(link)->line_items[link]) {
        Json item = Json::parse(*text);
        total += int_of(item, "amount_total");
        out += "<li>" + html_escape(text_of(item, "description")) + "</li>";
    }
    return out;
}

/// The form with a choice of the link's payment methods.
std::string form(const Json& link, const std::string& session, const std::string& email) {
    std::string methods;
    for (const PaymentMethod& method : payment_methods()) {
        if (link_takes(link, method.name)) {
            methods += "<label><input type=\"radio\" name=\"method\" value=\"" +
                       std::string(method.name) + (methods.empty() ? "\" checked> " : "\"> ") +
                       method.label + "</label>";
        }
    }
    return "<form method=\"post\" action=\"/pay/" + html_escape(text_of(link, "id")) +
           "\"><input type=\"hidden\" name=\"session\" value=\"" + html_escape(session) +
           "\"><label>E-mail <input type=\"email\" name=\"email\" required value=\"" +
           html_escape(email) +
           "\"></label><label>Name <input type=\"text\" name=\"name\"></label>"
           "<fieldset><legend>Pay with</legend>" +
           methods +
           "</fieldset><button name=\"outcome\" value=\"ok\">Pay</button>"
           "<button name=\"outcome\" value=\"declined\">Pay, and be declined</button></form>";
}

}  // namespace

Answer pay_page(World& world, const Call& call, const std::string& link) {
    auto guard = world.lock();
    Json object = world.link_json(link);
    if (!world.link_open(object)) {
        return inactive_page(object);
    }
    int64_t total = 0;
    std::string items = item_list(world, link, total);
    std::string price = "<p class=\"amount\">" + money(total, text_of(object, "currency")) +
                        "</p><ul>" + items + "</ul>";
    if (call.method == "POST") {
        FormPairs sent = parse_form(call.body);
        PayInput input;
        input.outcome = form_value(sent, "outcome", "ok");
        input.email = form_value(sent, "email");
        input.name = form_value(sent, "name");
        input.session = form_value(sent, "session");
        input.method = form_value(sent, "method");
        Json result = world.pay(link, input);
        if (text_of(result, "status") != "failed") {
            return paid_page(object, result);
        }
        return html_answer(402, "Payment",
                           price + "<p role=\"alert\">Your card was declined.</p>" +
                               form(object, text_of(result, "session"), input.email));
    }
    FormPairs query = parse_form(call.query);
    std::string session;
    if (call.method == "GET") {
        session = text_of(
            world.open_session(link, clean_reference(form_value(query, "client_reference_id"))),
            "id");
    }
    std::string email =
        form_value(query, "locked_prefilled_email", form_value(query, "prefilled_email"));
    return html_answer(200, "Payment", price + form(object, session, email));
}

}  // namespace stripe_sim
