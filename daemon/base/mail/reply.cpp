// SPDX-License-Identifier: MIT
#include "daemon/base/mail/reply.hpp"

#include <algorithm>
#include <iterator>

namespace paysync::mail {

namespace {

// Bad sender (5.1.7, 5.1.8), quota of the sender (5.4.5, as Google uses it), authentication (5.7.8
// to 5.7.14), DKIM, SPF, DMARC, reverse DNS and flood (RFC 7372, RFC 7505; 5.7.26 to 5.7.28 as
// Google uses them), the sender's account or network is blocked (5.7.5xx, 5.7.6xx, 5.7.7xx as
// Microsoft uses them).
constexpr std::string_view kStatusesAboutUs[] = {
    "5.1.7",   "5.1.8",   "5.4.5",   "5.7.8",   "5.7.9",   "5.7.11",  "5.7.14",  "5.7.20",
    "5.7.21",  "5.7.22",  "5.7.23",  "5.7.24",  "5.7.25",  "5.7.26",  "5.7.27",  "5.7.28",
    "5.7.501", "5.7.502", "5.7.503", "5.7.504", "5.7.511", "5.7.512", "5.7.513", "5.7.606",
    "5.7.705", "5.7.708", "5.7.750", "4.4.5",   "4.5.3",   "4.7.20",  "4.7.21",  "4.7.22",
    "4.7.23",  "4.7.24",  "4.7.25",  "4.7.26",  "4.7.27",  "4.7.28",  "4.7.500"};

// The server ends the connection, or wants a login.
constexpr std::string_view kCodesAboutUs[] = {"421", "530", "535", "538"};

// In small letters; each stands for itself, not inside a longer word.
constexpr std::string_view kWordsAboutUs[] = {"daily",
                                              "hourly",
                                              "per day",
                                              "per hour",
                                              "per minute",
                                              "sending limit",
                                              "sending limits",
                                              "sending quota",
                                              "sending rate",
                                              "rate limit",
                                              "rate limited",
                                              "rate limits",
                                              "ratelimit",
                                              "ratelimited",
                                              "message limit",
                                              "too many messages",
                                              "too many mails",
                                              "too many emails",
                                              "too much mail",
                                              "throttled",
                                              "throttling",
                                              "blocked",
                                              "block list",
                                              "blocklist",
                                              "blocklisted",
                                              "blacklist",
                                              "blacklisted",
                                              "black list",
                                              "denylist",
                                              "dnsbl",
                                              "rbl",
                                              "spamhaus",
                                              "spamcop",
                                              "listed by",
                                              "listed in",
                                              "listed at",
                                              "reputation",
                                              "banned",
                                              "relay",
                                              "relaying",
                                              "sender rejected",
                                              "sender address rejected",
                                              "sender denied",
                                              "sender verify failed",
                                              "not authorized",
                                              "not authorised",
                                              "unauthorized",
                                              "unauthenticated",
                                              "not allowed to send",
                                              "not permitted to send",
                                              "authentication required",
                                              "must authenticate",
                                              "starttls",
                                              "spf",
                                              "dkim",
                                              "dmarc",
                                              "reverse dns",
                                              "ptr record",
                                              "rdns"};

}  // namespace

std::string leading_status(std::string_view text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    std::size_t end = 0;
    const auto digits = [&](std::size_t most) {
        const auto begin = end;
        while (end < text.size() && is_digit(text[end]))
            ++end;
        return end > begin && end - begin <= most;
    };
    const auto dot = [&] { return end < text.size() && text[end++] == '.'; };
    const bool known_class =
        text.starts_with('2') || text.starts_with('4') || text.starts_with('5');
    const bool whole = known_class && digits(1) && dot() && digits(3) && dot() && digits(3);
    return whole ? std::string(text.substr(0, end)) : std::string();
}

std::string enhanced_status(std::string_view reply) {
    constexpr std::size_t kCode = 4;  // three digits, and a blank or a hyphen
    if (reply.size() <= kCode || (reply[kCode - 1] != ' ' && reply[kCode - 1] != '-'))
        return {};
    const auto text = reply.substr(kCode);
    const auto status = leading_status(text);
    // `5.1.1.1` is none.
    return text.substr(status.size()).starts_with('.') ? std::string() : status;
}

Topic topic_of(std::string_view reply) {
    const auto status = enhanced_status(reply);
    const auto is_status = [&](std::string_view one) { return one == status; };
    if (std::any_of(std::begin(kStatusesAboutUs), std::end(kStatusesAboutUs), is_status))
        return Topic::us;
    if (status.size() > 3 && (status[2] == '1' || status[2] == '2') && status[3] == '.')
        return Topic::recipient;
    const auto has_code = [&](std::string_view code) { return reply.starts_with(code); };
    if (std::any_of(std::begin(kCodesAboutUs), std::end(kCodesAboutUs), has_code))
        return Topic::us;
    std::string text(reply);
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const auto is_letter = [&](std::size_t at) {
        return at < text.size() && text[at] >= 'a' && text[at] <= 'z';
    };
    for (const auto words : kWordsAboutUs)
        for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1))
            if ((at == 0 || !is_letter(at - 1)) && !is_letter(at + words.size()))
                return Topic::us;
    return Topic::other;
}

}  // namespace paysync::mail
