// SPDX-License-Identifier: MIT
#include "jobs/stripe/form.hpp"

#include <array>

namespace paysync::stripe {

namespace {

constexpr std::string_view kPlain =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";

constexpr auto kIsPlain = [] {
    std::array<bool, 256> table{};
    for (const char c : kPlain)
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

void append(std::string& out, std::string_view text, std::string_view also_plain) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (kIsPlain[byte] || also_plain.find(c) != std::string_view::npos) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
}

}  // namespace

std::string encode(std::string_view text) {
    std::string out;
    append(out, text, "");
    return out;
}

Form& Form::add(std::string_view name, std::string_view value) {
    if (!encoded_.empty())
        encoded_ += '&';
    append(encoded_, name, "[]");
    encoded_ += '=';
    append(encoded_, value, "");
    return *this;
}

std::string query(std::string_view path, const Form& form) {
    std::string out(path);
    if (!form.empty())
        out.append("?").append(form.encoded());
    return out;
}

}  // namespace paysync::stripe
