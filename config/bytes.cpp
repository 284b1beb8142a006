// SPDX-License-Identifier: MIT
#include "config/words.hpp"
#include "config/yaml.hpp"

namespace paysync::config {
namespace {

unsigned byte_at(const std::string& text, std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

/// The length of the UTF-8 character at `at` in bytes, or 0 if the bytes there are not UTF-8.
std::size_t utf8_length(const std::string& text, std::size_t at) {
    const unsigned first = byte_at(text, at);
    if (first < 0x80)
        return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte_at(text, at + i) & 0xC0) != 0x80)
            return 0;
    }
    const unsigned second = byte_at(text, at + 1);
    const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool surrogate = first == 0xED && second > 0x9F;
    const bool too_large = first == 0xF4 && second > 0x8F;
    return overlong || surrogate || too_large ? 0 : length;
}

}  // namespace

void check_bytes(const std::string& file, const std::string& text) {
    Position at;
    const auto fail = [&](const std::string& message) { throw Error(file, at, "", message); };

    for (std::size_t i = 0; i < text.size();) {
        const unsigned byte = byte_at(text, i);
        if (byte == '\n') {
            ++at.line;
            at.column = 1;
            ++i;
            continue;
        }
        if (byte == '\t')
            fail("tabs are not allowed; indent with spaces");
        const bool line_end = byte == '\r' && byte_at(text, i + 1) == '\n';
        const bool second_control = byte == 0xC2 && (byte_at(text, i + 1) & 0xE0) == 0x80;
        if ((byte < 0x20 && !line_end) || byte == 0x7F || second_control)
            fail("control byte 0x" + hex_byte(byte) + " is not allowed");
        const std::size_t length = utf8_length(text, i);
        if (length == 0)
            fail("byte 0x" + hex_byte(byte) + " is not valid UTF-8");
        i += length;
        at.column += static_cast<int>(length);
    }
}

}  // namespace paysync::config
