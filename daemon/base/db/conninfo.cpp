// SPDX-License-Identifier: MIT
#include "daemon/base/db/conninfo.hpp"

#include <libpq-fe.h>

#include <memory>
#include <stdexcept>

namespace paysync::db {

namespace {

/// The value in single quotes, as libpq expects it in a connection string.
std::string quoted(const std::string& value) {
    std::string out = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\')
            out += '\\';
        out += c;
    }
    return out + "'";
}

}  // namespace

std::string conninfo(const std::string& dsn, const std::map<std::string, std::string>& settings) {
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
        PQconninfoParse(dsn.c_str(), &message), &PQconninfoFree);
    const std::unique_ptr<char, decltype(&PQfreemem)> owned_message(message, &PQfreemem);
    if (!parsed)
        throw std::invalid_argument(message ? message : "out of memory");

    std::map<std::string, std::string> all;
    for (const PQconninfoOption* option = parsed.get(); option->keyword; ++option)
        if (option->val)
            all[option->keyword] = option->val;
    for (const auto& [keyword, value] : settings)
        all[keyword] = value;

    std::string out;
    for (const auto& [keyword, value] : all)
        out += (out.empty() ? "" : " ") + keyword + "=" + quoted(value);
    return out;
}

}  // namespace paysync::db
