// SPDX-License-Identifier: MIT
#include "daemon/ctl/table.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string_view>

namespace paysync::ctl {

namespace {

constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kPlain = "\033[0m";

std::string without_control_characters(std::string cell) {
    std::replace_if(
        cell.begin(), cell.end(),
        [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }, '?');
    return cell;
}

/// Counts code points of UTF-8. Characters that take two columns (Chinese, emoji) still misalign.
std::size_t width(const std::string& cell) {
    return static_cast<std::size_t>(std::count_if(cell.begin(), cell.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

/// Standard output is a terminal, and the user did not switch colours off (https://no-color.org).
bool in_colour() {
    const char* term = std::getenv("TERM");
    const char* refused = std::getenv("NO_COLOR");
    return ::isatty(STDOUT_FILENO) != 0 && term && std::string_view(term) != "dumb" &&
           !(refused && *refused);
}

/// The escape sequence for a word that names a state; empty for all other words.
std::string_view colour_of(std::string_view cell) {
    constexpr std::string_view kBad[] = {"failed",       "error",    "lost",
                                         "bounced",      "in_doubt", "suspected",
                                         "disconnected", "rejected", "holes"};
    constexpr std::string_view kWatch[] = {"partial", "paused",     "deferred", "incomplete",
                                           "skipped", "suppressed", "reading"};
    constexpr std::string_view kGood[] = {"ok",        "sent",      "paid",
                                          "completed", "succeeded", "complete"};
    const auto has = [cell](const auto& words) {
        return std::find(std::begin(words), std::end(words), cell) != std::end(words);
    };
    return has(kBad) ? "\033[31m" : has(kWatch) ? "\033[33m" : has(kGood) ? "\033[32m" : "";
}

}  // namespace

Table::Table(std::vector<std::string> headings) {
    add(std::move(headings));
}

void Table::add(std::vector<std::string> cells) {
    std::transform(cells.begin(), cells.end(), cells.begin(), without_control_characters);
    rows_.push_back(std::move(cells));
}

std::string Table::text() const {
    std::vector<std::size_t> widths(rows_.front().size(), 0);
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width(row[i]));
    const bool colour = in_colour();
    std::string out;
    for (const auto& row : rows_) {
        const bool head = &row == &rows_.front();
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const auto shown = !colour ? std::string_view() : head ? kBold : colour_of(row[i]);
            line.append(shown).append(row[i]).append(shown.empty() ? "" : kPlain);
            line.append(widths[i] - width(row[i]) + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + '\n';
    }
    return out;
}

}  // namespace paysync::ctl
