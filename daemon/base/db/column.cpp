// SPDX-License-Identifier: MIT
#include "daemon/base/db/column.hpp"

namespace paysync {

std::string& Column::item() {
    if (text_.size() > 1)
        text_ += ',';
    return text_;
}

void Column::add(std::string_view value) {
    item() += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\')
            text_ += '\\';
        text_ += c;
    }
    text_ += '"';
}

Fingerprint& Fingerprint::add(std::string_view value) {
    for (const char c : value)
        mix(static_cast<unsigned char>(c));
    // A separator that occurs in no UTF-8 text: ("a", "bc") must differ from ("ab", "c").
    mix(0xff);
    return *this;
}

}  // namespace paysync
