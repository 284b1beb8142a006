// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/form.hpp"

#include "tests/stripe_sim/error.hpp"

#include <cctype>

namespace stripe_sim {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::vector<std::string> split_name(const std::string& name) {
    std::vector<std::string> parts;
    size_t bracket = name.find('[');
    parts.push_back(name.substr(0, bracket));
    while (bracket != std::string::npos) {
        size_t end = name.find(']', bracket);
        bool joined = end != std::string::npos && (end + 1 == name.size() || name[end + 1] == '[');
        if (parts[0].empty() || !joined) {
            throw invalid_request("Invalid parameter name: " + name).forget();
        }
        parts.push_back(name.substr(bracket + 1, end - bracket - 1));
        bracket = end + 1 < name.size() ? end + 1 : std::string::npos;
    }
    return parts;
}

}  // namespace

std::string percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
            hex_digit(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    constexpr const char* kHex = "0123456789ABCDEF";
    std::string out;
    for (char c : text) {
        auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
            out += c;
        } else {
            out += '%';
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        }
    }
    return out;
}

FormPairs parse_form(std::string_view text) {
    FormPairs pairs;
    while (!text.empty()) {
        size_t end = text.find('&');
        std::string_view pair = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        if (pair.empty()) {
            continue;
        }
        size_t equals = pair.find('=');
        std::string_view value =
            equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
        pairs.emplace_back(percent_decode(pair.substr(0, equals)), percent_decode(value));
    }
    return pairs;
}

Json form_tree(const FormPairs& pairs) {
    Json root = Json::object();
    for (const auto& [name, value] : pairs) {
        Json* node = &root;
        for (std::string& part : split_name(name)) {
            if (!node->is_object()) {
                throw invalid_request("Invalid object", name).forget();
            }
            std::string key = part.empty() ? std::to_string(node->size()) : part;
            node = &(*node)[key];
            if (node->is_null()) {
                *node = Json::object();
            }
        }
        if (!node->is_object() || !node->empty()) {
            throw invalid_request("Invalid object", name).forget();
        }
        *node = value;
    }
    return root;
}

std::string form_value(const FormPairs& pairs, std::string_view name, const std::string& fallback) {
    for (const auto& [key, value] : pairs) {
        if (key == name) {
            return value;
        }
    }
    return fallback;
}

}  // namespace stripe_sim
