// SPDX-License-Identifier: MIT
#include "daemon/base/db/row.hpp"

#include <stdexcept>

namespace paysync {

namespace {

constexpr char kHex[] = "0123456789abcdef";

int nibble(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    throw std::invalid_argument("bytea field is not in hexadecimal form");
}

}  // namespace

std::vector<std::string> texts(const pqxx::field& field) {
    std::vector<std::string> values;
    if (field.is_null())
        return values;
    pqxx::array_parser parser(field.c_str());
    for (auto item = parser.get_next(); item.first != pqxx::array_parser::juncture::done;
         item = parser.get_next())
        if (item.first == pqxx::array_parser::juncture::string_value)
            values.push_back(item.second);
    return values;
}

std::string bytes(const pqxx::field& field) {
    const std::string shown = text(field);
    std::string out;
    if (shown.compare(0, 2, "\\x") == 0) {
        if (shown.size() % 2 != 0)
            throw std::invalid_argument("bytea field is not in hexadecimal form");
        out.reserve(shown.size() / 2);
        for (std::size_t i = 2; i < shown.size(); i += 2)
            out += static_cast<char>(nibble(shown[i]) * 16 + nibble(shown[i + 1]));
        return out;
    }
    // bytea_output = escape: \\ and \ooo.
    for (std::size_t i = 0; i < shown.size(); ++i) {
        if (shown[i] != '\\') {
            out += shown[i];
        } else if (shown.compare(i + 1, 1, "\\") == 0) {
            out += shown[++i];
        } else {
            if (i + 3 >= shown.size())
                throw std::invalid_argument("bytea field ends inside an escape");
            out += static_cast<char>((shown[i + 1] - '0') * 64 + (shown[i + 2] - '0') * 8 +
                                     (shown[i + 3] - '0'));
            i += 3;
        }
    }
    return out;
}

std::string bytea_literal(const std::string& bytes) {
    std::string out = "\\x";
    out.reserve(2 + 2 * bytes.size());
    for (const char c : bytes) {
        out += kHex[static_cast<unsigned char>(c) >> 4];
        out += kHex[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

std::string text_array(const std::vector<std::string>& values) {
    std::string out = "{";
    for (const auto& value : values) {
        out += out.size() > 1 ? ",\"" : "\"";
        for (const char c : value) {
            if (c == '"' || c == '\\')
                out += '\\';
            out += c;
        }
        out += '"';
    }
    return out + "}";
}

}  // namespace paysync
