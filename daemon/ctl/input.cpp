// SPDX-License-Identifier: MIT
#include "daemon/ctl/input.hpp"

#include "daemon/ctl/moment.hpp"

#include <stdexcept>

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

std::vector<std::string> addresses_from(std::istream& in) {
    std::vector<std::string> addresses;
    for (std::string line; std::getline(in, line);) {
        const auto end = line.find_last_not_of(" \t\r");
        if (end != line.npos)
            addresses.push_back(line.substr(0, end + 1));
    }
    if (addresses.empty())
        throw std::runtime_error("standard input has no address; expected one per line");
    return addresses;
}

}  // namespace paysync::ctl
