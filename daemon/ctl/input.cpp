// SPDX-License-Identifier: MIT
#include "daemon/ctl/input.hpp"

#include "daemon/ctl/moment.hpp"

#include <cctype>
#include <stdexcept>
#include <string_view>

namespace paysync::ctl {

cli::Option add_moment(cli::Command& command, const std::string& name, std::string& value,
                       const std::string& help) {
    const auto to_utc = [](std::string& text) -> std::string {
        try {
            text = moment_utc(text);
            return "";
        } catch (const std::invalid_argument& e) {
            return e.what();
        }
    };
    return command.text(name, value, help).convert(to_utc, "TIME");
}

cli::Option add_uuid(cli::Command& command, const std::string& name, std::string& value,
                     const std::string& help) {
    const auto problem_of = [](const std::string& text) -> std::string {
        constexpr std::string_view kExample = "01890a5d-ac96-774b-bcce-b302099a8057";
        bool fits = text.size() == kExample.size();
        for (std::size_t i = 0; fits && i < text.size(); ++i)
            fits = kExample[i] == '-' ? text[i] == '-'
                                      : std::isxdigit(static_cast<unsigned char>(text[i])) != 0;
        return fits ? "" : "expected an id such as " + std::string(kExample) + ", not " + text;
    };
    return command.text(name, value, help).check(problem_of);
}

std::runtime_error bad_address(const AddressLine& line, const std::string& consequence) {
    return std::runtime_error("line " + std::to_string(line.number) +
                              " of standard input is not one e-mail address; " + consequence);
}

std::vector<AddressLine> addresses_from(std::istream& in) {
    std::vector<AddressLine> addresses;
    int number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        const auto end = line.find_last_not_of(" \t\r");
        if (end != line.npos)
            addresses.push_back({number, line.substr(0, end + 1)});
    }
    if (addresses.empty())
        throw std::runtime_error("standard input has no address; expected one per line");
    return addresses;
}

}  // namespace paysync::ctl
