// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/transaction.hpp"

#include <strings.h>

#include <array>

namespace smtp_sim {
namespace {

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::vector<std::string> Transaction::header(std::string_view name) const {
    std::vector<std::string> values;
    std::string_view rest = bytes();
    bool wanted = false;
    while (!rest.empty()) {
        const std::size_t end = rest.find("\r\n");
        const std::string_view line = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 2);
        if (line.empty()) {
            break;
        }
        if (line.front() == ' ' || line.front() == '\t') {
            if (wanted) {
                values.back() += line;
            }
            continue;
        }
        wanted = line.size() > name.size() && line[name.size()] == ':' &&
                 strncasecmp(line.data(), name.data(), name.size()) == 0;
        if (wanted) {
            values.emplace_back(line.substr(name.size() + 1));
        }
    }
    for (std::string& value : values) {
        value = trimmed(value);
    }
    return values;
}

std::span<const std::string_view> outcome_names() {
    static constexpr std::array<std::string_view, 6> kOutcomes{"accepted", "refused", "abandoned",
                                                               "lost",     "cut",     "unanswered"};
    return kOutcomes;
}

std::string_view name_of(Outcome outcome) {
    return outcome_names()[static_cast<std::size_t>(outcome)];
}

}  // namespace smtp_sim
