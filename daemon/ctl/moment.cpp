// SPDX-License-Identifier: MIT
#include "daemon/ctl/moment.hpp"

#include <date/date.h>

#include <chrono>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace paysync::cli {

// The library alone takes one digit for two, and blanks.
std::string moment_utc(const std::string& text) {
    static const std::regex kForm(
        R"(([12]\d{3}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d:\d\d(?:\.\d{1,6})?)([Zz]|[+-][01]\d:[0-5]\d))?)");
    std::smatch found;
    date::sys_time<std::chrono::microseconds> moment;
    if (std::regex_match(text, found, kForm)) {
        const bool day = !found[2].matched;
        const std::string offset = found[3].str().size() == 6 ? found[3].str() : "+00:00";
        std::istringstream in(found[1].str() + "T" + (day ? "00:00:00" : found[2].str()) + offset);
        if (in >> date::parse("%FT%T%Ez", moment))
            return date::format("%FT%TZ", moment);
    }
    throw std::invalid_argument(
        "is neither a date as 2026-01-31 nor a time as 2026-01-31T23:00:00Z: " + text);
}

}  // namespace paysync::cli
