// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/mail_words.hpp"

#include <algorithm>
#include <stdexcept>

namespace paysync::payment_requests {

namespace {

std::string escaped(const std::string& phrase) {
    std::string out;
    for (const char c : phrase) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else
            out += c;
    }
    return out;
}

}  // namespace

std::string_view mail_language(std::string_view locale) {
    const auto language = locale.substr(0, locale.find_first_of("-_"));
    const auto* const found = std::ranges::find(kMailLanguages, language);
    return found == std::end(kMailLanguages) ? kMailLanguages[0] : *found;
}

MailWords parse_words(std::string_view text) {
    MailWords words;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.empty())
            continue;
        const auto colon = line.find(": ");
        if (colon == std::string_view::npos)
            throw std::invalid_argument("a line is written `name: phrase`, got \"" +
                                        std::string(line) + "\"");
        words[std::string(line.substr(0, colon))] = line.substr(colon + 2);
    }
    return words;
}

std::string with_words(const std::string& text, const MailWords& words, mail::Escape escape) {
    std::string out;
    std::size_t start = 0;
    for (;;) {
        const auto open = text.find("[[", start);
        const auto close = open == std::string::npos ? std::string::npos : text.find("]]", open);
        if (close == std::string::npos)
            return out + text.substr(start);
        const auto name = text.substr(open + 2, close - open - 2);
        const auto found = words.find(name);
        if (found == words.end())
            throw std::invalid_argument("there is no phrase [[" + name + "]]");
        out += text.substr(start, open - start);
        out += escape == mail::Escape::html ? escaped(found->second) : found->second;
        start = close + 2;
    }
}

}  // namespace paysync::payment_requests
