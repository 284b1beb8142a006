// SPDX-License-Identifier: MIT
#include "config/dsn.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>
#include <string>

namespace paysync::config {
namespace {

constexpr const char* kPassword = "must not contain a password; set database.password instead";

bool is_space(char c) {
    return std::isspace(static_cast<unsigned char>(c)) != 0;
}

void check_keyword(std::string_view keyword) {
    if (keyword.empty())
        throw std::invalid_argument("is not a connection string: a keyword is missing before '='");
    if (keyword == "password" || keyword == "sslpassword")
        throw std::invalid_argument(kPassword);
}

/// libpq decodes the keywords of a URI too: `p%61ssword` is also the keyword `password`.
std::string percent_decoded(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned byte = 0;
        const auto digits = text.substr(i, 3);
        if (text[i] != '%') {
            result += text[i];
            continue;
        }
        const char* end = digits.data() + digits.size();
        if (digits.size() != 3 || std::from_chars(digits.data() + 1, end, byte, 16).ptr != end)
            throw std::invalid_argument("is not a connection string: '%' needs two hex digits");
        result += static_cast<char>(byte);
        i += 2;
    }
    return result;
}

void check_uri(std::string_view rest) {
    // As libpq parses it: user and password stand before the first '@', if no '/' precedes it.
    const auto end_of_user = rest.find_first_of("@/");
    if (end_of_user != std::string_view::npos && rest[end_of_user] == '@' &&
        rest.substr(0, end_of_user).find(':') != std::string_view::npos)
        throw std::invalid_argument(kPassword);

    const auto question = rest.find('?');
    if (question == std::string_view::npos)
        return;
    auto parameters = rest.substr(question + 1);
    while (!parameters.empty()) {
        const auto pair = parameters.substr(0, parameters.find('&'));
        const auto equals = pair.find('=');
        if (equals == std::string_view::npos)
            throw std::invalid_argument("is not a connection string: '=' is missing after '?'");
        check_keyword(percent_decoded(pair.substr(0, equals)));
        parameters.remove_prefix(std::min(parameters.size(), pair.size() + 1));
    }
}

std::string_view skip_spaces(std::string_view text) {
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    return text;
}

/// The text after the value at its beginning. A value is quoted or ends at a space; a backslash
/// escapes one byte.
std::string_view skip_value(std::string_view text) {
    const bool quoted = text.starts_with('\'');
    if (quoted)
        text.remove_prefix(1);
    while (!text.empty()) {
        const char c = text.front();
        if (quoted ? c == '\'' : is_space(c))
            return text.substr(quoted ? 1 : 0);
        text.remove_prefix(std::min<std::size_t>(text.size(), c == '\\' ? 2 : 1));
    }
    if (quoted)
        throw std::invalid_argument("is not a connection string: a quote is not closed");
    return text;
}

void check_keywords(std::string_view text) {
    for (text = skip_spaces(text); !text.empty(); text = skip_spaces(text)) {
        const auto end =
            std::find_if(text.begin(), text.end(), [](char c) { return c == '=' || is_space(c); });
        const auto keyword = text.substr(0, static_cast<std::size_t>(end - text.begin()));
        text = skip_spaces(text.substr(keyword.size()));
        if (!text.starts_with('='))
            throw std::invalid_argument(
                "is not a connection string: '=' is missing after a keyword");
        check_keyword(keyword);
        text = skip_value(skip_spaces(text.substr(1)));
    }
}

}  // namespace

void check_dsn(std::string_view dsn) {
    for (const std::string_view scheme : {"postgresql://", "postgres://"}) {
        if (dsn.starts_with(scheme))
            return check_uri(dsn.substr(scheme.size()));
    }
    if (dsn.find("://") < dsn.find('='))
        throw std::invalid_argument(
            "must begin with postgresql:// or consist of keyword=value pairs");
    check_keywords(dsn);
}

}  // namespace paysync::config
