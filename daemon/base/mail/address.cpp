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
constexpr std::size_t kMaxLabel = 63;

/// ASCII characters of a local part without quotes (RFC 5321, atext and the dot); all others end or
/// split an SMTP path, or need quotes.
bool is_local(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 128 || (byte > ' ' && byte < 127 &&
                           std::string_view("<>,;:\"()[]\\@").find(c) == std::string_view::npos);
}

std::string lower_ascii(std::string text) {
    for (auto& c : text)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return text;
}

bool has_stray_dot(std::string_view text) {
    return text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos;
}

bool is_label(std::string_view label) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-';
    };
    return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
           label.back() != '-' && std::all_of(label.begin(), label.end(), fits);
}

void check_labels(std::string_view domain) {
    for (std::size_t start = 0; start <= domain.size();) {
        const auto end = std::min(domain.find('.', start), domain.size());
        if (!is_label(domain.substr(start, end - start)))
            throw BadAddress(
                "each label of the domain has 1 to 63 letters, digits and inner hyphens");
        start = end + 1;
    }
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
    const auto at = address.find('@');
    if (at == 0 || at == std::string::npos || at != address.rfind('@') || at + 1 == address.size())
        throw BadAddress("exactly one @ with a name on each side is needed");
    const auto local = address.substr(0, at);
    if (local.size() > kMaxLocalPart)
        throw BadAddress("the part before the @ has at most 64 bytes");
    if (!std::all_of(local.begin(), local.end(), is_local))
        throw BadAddress(
            "control characters, blanks, quotes, brackets, colons and commas are not allowed");
    if (has_stray_dot(local))
        throw BadAddress("in the part before the @, a dot stands between two other characters");
    if (!utf8 && !is_ascii(local))
        throw BadAddress(
            "the part before the @ is not ASCII, and the mail server "
            "does not support such addresses");
    auto wire = local + "@" + wire_domain(address);
    if (wire.size() > kMaxAddress)
        throw BadAddress("an address has at most 254 bytes with its domain in ASCII");
    return wire;
}

std::string wire_domain(const std::string& address) {
    const auto domain = address.substr(address.rfind('@') + 1);
    if (domain.empty() || has_stray_dot(domain))
        throw BadAddress("the domain has an empty label");
    auto ascii = is_ascii(domain) ? lower_ascii(domain) : ascii_domain(domain);
    check_labels(ascii);
    return ascii;
}

bool is_ascii(const std::string& text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 128; });
}

std::string masked(const std::string& address) {
    const auto at = address.rfind('@');
    if (at == std::string::npos || at == 0)
        return "***";
    // A whole character: the log is UTF-8.
    std::size_t first = 1;
    while ((static_cast<unsigned char>(address[first]) & 0xC0U) == 0x80U)
        ++first;
    return address.substr(0, first) + "***" + address.substr(at);
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
