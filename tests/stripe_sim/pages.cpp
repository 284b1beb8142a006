// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/pages.hpp"

#include "tests/stripe_sim/error.hpp"

namespace stripe_sim {

std::string html_escape(const std::string& text) {
    std::string out;
    for (char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

Answer html_answer(int status, const std::string& title, const std::string& body) {
    Answer answer;
    answer.status = status;
    answer.content_type = "text/html; charset=utf-8";
    answer.headers.emplace_back("Cache-Control", "no-store");
    answer.body =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>" +
        html_escape(title) +
        "</title><style>body{font:16px/1.5 sans-serif;max-width:30rem;margin:3rem auto;"
        "padding:0 1rem;color:#1a1f36}label{display:block;margin:.8rem 0}"
        "input[type=text],input[type=email]{width:100%;padding:.5rem;box-sizing:border-box}"
        "button{padding:.6rem 1.2rem;margin-right:.5rem}.amount{font-size:2rem}"
        ".note{color:#5b6270;font-size:.85rem}</style></head><body><main><h1>" +
        html_escape(title) + "</h1>" + body +
        "<p class=\"note\">This is a stand-in for Stripe's page. No money moves.</p>"
        "</main></body></html>\n";
    return answer;
}

Answer redirect_answer(const std::string& url) {
    Answer answer =
        html_answer(303, "Please wait", "<p><a href=\"" + html_escape(url) + "\">Continue</a></p>");
    answer.headers.emplace_back("Location", url);
    return answer;
}

Answer page(World& world, const Options& options, const Call& call) {
    try {
        if (call.method != "GET" && call.method != "POST" && call.method != "HEAD") {
            return html_answer(405, "Not allowed", "<p>This page can only be opened.</p>");
        }
        if (call.path.starts_with("/onboard/")) {
            return onboarding_page(world, call, call.path.substr(9));
        }
        if (call.path.starts_with("/express/dashboard/")) {
            return express_page(world, call.path.substr(19));
        }
        if (call.path.starts_with("/pay/")) {
            return pay_page(world, call, call.path.substr(5));
        }
        if (call.path == "/oauth/authorize" || call.path == "/express/oauth/authorize") {
            return authorize_page(world, options, call);
        }
        return html_answer(404, "Not found", "<p>There is no such page.</p>");
    } catch (const ApiError& error) {
        return html_answer(error.status(), "Something went wrong",
                           "<p>" + html_escape(error.what()) + "</p>");
    }
}

}  // namespace stripe_sim
