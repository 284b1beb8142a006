// SPDX-License-Identifier: MIT
#include "daemon/base/mail/address.hpp"

#include <idn2.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace paysync::mail {

namespace {

constexpr std::size_t kMaxAddress = 254;  // RFC 5321 §4.5.3.1.3, without the angle brackets
constexpr std::size_t kMaxLocalPart = 64;

/// Characters that end or split an SMTP path, and every control character.
bool ends_path(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte == 127 ||
           std::string_view("<>,;\"()[]\\").find(c) != std::string_view::npos;
}

std::string ascii_domain(const std::string& domain) {
    char* ascii = nullptr;
    const int status =
        idn2_to_ascii_8z(domain.c_str(), &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    const std::unique_ptr<char, decltype(&idn2_free)> owned(ascii, &idn2_free);
    if (status != IDN2_OK)
        throw BadAddress(std::string("domain: ") + idn2_strerror(status));
    return ascii;
}

}  // namespace

std::string wire_address(const std::string& address, bool utf8) {
    if (address.empty() || address.size() > kMaxAddress)
        throw BadAddress("an address has 1 to 254 bytes");
    if (std::any_of(address.begin(), address.end(), ends_path))
        throw BadAddress("control characters, blanks, quotes and brackets are not allowed");
    const auto at = address.find('@');
    if (at == 0 || at == std::string::npos || at != address.rfind('@') || at + 1 == address.size())
        throw BadAddress("exactly one @ with a name on each side is needed");
    const auto local = address.substr(0, at);
    if (local.size() > kMaxLocalPart)
        throw BadAddress("the part before the @ has at most 64 bytes");
    if (!utf8 && !is_ascii(local))
        throw BadAddress(
            "the part before the @ is not ASCII, and the mail server "
            "does not support such addresses");
    return local + "@" + wire_domain(address);
}

std::string wire_domain(const std::string& address) {
    const auto domain = address.substr(address.rfind('@') + 1);
    if (domain.front() == '.' || domain.back() == '.' || domain.find("..") != std::string::npos)
        throw BadAddress("the domain has an empty label");
    return ascii_domain(domain);
}

bool is_ascii(const std::string& text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 128; });
}

std::string masked(const std::string& address) {
    const auto at = address.rfind('@');
    if (at == std::string::npos || at == 0)
        return "***";
    return address.substr(0, 1) + "***" + address.substr(at);
}

std::string masked_text(const std::string& text) {
    constexpr std::string_view kEnds = " <>,;:\"'()[]";
    std::string out;
    std::size_t start = 0;
    while (start < text.size()) {
        const auto end = std::min(text.find_first_of(kEnds, start), text.size());
        const auto word = text.substr(start, end - start);
        out += word.find('@') == std::string::npos ? word : masked(word);
        if (end < text.size())
            out += text[end];
        start = end + 1;
    }
    return out;
}

}  // namespace paysync::mail
