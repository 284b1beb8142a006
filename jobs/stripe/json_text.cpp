// SPDX-License-Identifier: MIT
#include "jobs/stripe/json_text.hpp"

#include <fmt/format.h>

namespace paysync::stripe {

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out += c;
    }
    out += '"';
    return out;
}

}  // namespace paysync::stripe
