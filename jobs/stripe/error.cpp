// SPDX-License-Identifier: MIT
#include "jobs/stripe/error.hpp"

#include "jobs/stripe/json.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace paysync::stripe {

namespace {

constexpr std::array kSecretPrefixes = {"sk_", "rk_", "whsec_", "ac_"};

bool is_word(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '*';
}

Error::Details without_secrets(Error::Details details) {
    for (auto* text : {&details.type, &details.code, &details.param, &details.message})
        *text = redact(*text);
    return details;
}

std::string describe(Error::Kind kind, int status, const Error::Details& details) {
    std::string text = fmt::format("Stripe: {}", name(kind));
    if (status != 0)
        text += fmt::format(", HTTP {}", status);
    if (!details.code.empty())
        text += fmt::format(", {}", details.code);
    if (!details.param.empty())
        text += fmt::format(", parameter {}", details.param);
    if (!details.message.empty())
        text += ": " + details.message;
    if (!details.request_id.empty())
        text += fmt::format(" [{}]", details.request_id);
    return text;
}

std::optional<std::chrono::seconds> retry_after(const http::Response& response) {
    const std::string text = response.header("retry-after");
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || seconds < 0)
        return std::nullopt;
    // Longer than any use, shorter than what overflows.
    return std::chrono::seconds(std::min<std::int64_t>(seconds, 86400));
}

/// The two shapes: {"error":{…}} of the API and {"error":"…","error_description":"…"} of OAuth.
Error::Details read_details(const http::Response& response) {
    Error::Details details;
    details.request_id = response.header("request-id");
    details.retry_after = retry_after(response);
    details.replayed = response.header("idempotent-replayed") == "true";
    try {
        const Document document(response.body);
        const Object root = document.root();
        if (const auto error = root.opt_expanded("error")) {
            details.type = error->opt_text("type").value_or("");
            details.code = error->opt_text("code").value_or("");
            details.param = error->opt_text("param").value_or("");
            details.message = error->opt_text("message").value_or("");
        } else {
            details.code = root.opt_text("error").value_or("");
            details.message = root.opt_text("error_description").value_or("");
        }
    } catch (const FieldError&) {
        details.message = "the response is not a Stripe error";
    }
    return details;
}

Error::Kind classify(int status, const Error::Details& details) {
    using Kind = Error::Kind;
    switch (status) {
        case 400:
            if (details.code == "rate_limit")
                return Kind::rate_limited;
            return details.type == "idempotency_error" ? Kind::idempotency_mismatch
                                                       : Kind::bad_request;
        case 401:
            return Kind::authentication;
        case 403:
            return details.code == "account_invalid" ? Kind::account_gone : Kind::permission;
        case 404:
            return details.code == "account_invalid" ||
                           details.message.starts_with("No such account")
                       ? Kind::account_gone
                       : Kind::not_found;
        case 409:
            return Kind::conflict;
        case 429:
            return Kind::rate_limited;
        default:
            // 424: something that Stripe depends on failed. Below 400 nothing of Stripe's answered.
            return status >= 400 && status < 500 && status != 424 ? Kind::bad_request
                                                                  : Kind::server;
    }
}

}  // namespace

std::string redact(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        std::size_t word = 0;
        while (word < text.size() && is_word(text[word]))
            ++word;
        for (const std::string_view prefix : kSecretPrefixes) {
            if (word > prefix.size() && text.starts_with(prefix)) {
                out.append(prefix).append("…");
                text.remove_prefix(word);
                word = 0;
            }
        }
        out.append(text.substr(0, word));
        text.remove_prefix(word);
        while (!text.empty() && !is_word(text.front())) {
            out += text.front();
            text.remove_prefix(1);
        }
    }
    return out;
}

Error::Error(Kind kind, int status, Details details)
    : std::runtime_error(describe(kind, status, without_secrets(details))),
      kind_(kind),
      status_(status),
      details_(without_secrets(std::move(details))) {}

std::string Error::permission() const {
    constexpr std::string_view before = "Having the '";
    const auto start = details_.message.find(before);
    const auto end = details_.message.find("' permission", start);
    if (kind_ != Kind::permission || start == std::string::npos || end == std::string::npos)
        return {};
    return details_.message.substr(start + before.size(), end - start - before.size());
}

bool Error::retryable() const noexcept {
    return kind_ == Kind::conflict || kind_ == Kind::rate_limited || kind_ == Kind::server ||
           kind_ == Kind::connection;
}

bool Error::may_have_acted() const noexcept {
    switch (kind_) {
        case Kind::bad_request:
        case Kind::not_found:
            return false;
        case Kind::authentication:
        case Kind::permission:
        case Kind::account_gone:
        case Kind::rate_limited:
            return details_.earlier_unknown;
        case Kind::idempotency_mismatch:
        case Kind::conflict:
        case Kind::server:
        case Kind::connection:
        case Kind::wrong_mode:
            break;
    }
    return true;
}

Error Error::after_unknown() const {
    Error same = *this;
    same.details_.earlier_unknown = true;
    return same;
}

std::string_view name(Error::Kind kind) noexcept {
    switch (kind) {
        case Error::Kind::bad_request:
            return "bad_request";
        case Error::Kind::idempotency_mismatch:
            return "idempotency_mismatch";
        case Error::Kind::authentication:
            return "authentication";
        case Error::Kind::permission:
            return "permission";
        case Error::Kind::account_gone:
            return "account_gone";
        case Error::Kind::not_found:
            return "not_found";
        case Error::Kind::conflict:
            return "conflict";
        case Error::Kind::rate_limited:
            return "rate_limited";
        case Error::Kind::server:
            return "server";
        case Error::Kind::connection:
            return "connection";
        case Error::Kind::wrong_mode:
            return "wrong_mode";
    }
    return "unknown";
}

Error to_error(const http::Response& response) {
    Error::Details details = read_details(response);
    const Error::Kind kind = classify(response.status, details);
    return Error(kind, response.status, std::move(details));
}

}  // namespace paysync::stripe
