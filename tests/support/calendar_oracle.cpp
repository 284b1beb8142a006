// SPDX-License-Identifier: MIT
#include "tests/support/calendar_oracle.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace paysync::test {

namespace {

std::string output_of(const std::string& command) {
    const auto close = [](FILE* pipe) { ::pclose(pipe); };
    const std::unique_ptr<FILE, decltype(close)> pipe(::popen(command.c_str(), "r"), close);
    if (!pipe)
        throw std::runtime_error("popen failed");
    std::string text;
    std::array<char, 4096> part;
    while (const auto size = std::fread(part.data(), 1, part.size(), pipe.get()))
        text.append(part.data(), size);
    return text;
}

}  // namespace

bool has_calendar_oracle() {
    return std::system(
               "systemd-analyze calendar --iterations=2 --base-time='2026-01-01 UTC' daily "
               ">/dev/null 2>&1") == 0;
}

std::vector<Elapses> ask_calendar_oracle(const std::vector<std::string>& expressions,
                                         const std::string& base, int count) {
    std::string command =
        "TZ=UTC LC_ALL=C SYSTEMD_COLORS=0 systemd-analyze calendar --iterations=" +
        std::to_string(count) + " --base-time='" + base + "' --";
    for (const auto& expression : expressions)
        command += " '" + expression + "'";
    // The answers come in order, separated by an empty line; a refusal goes to standard error.
    std::vector<Elapses> answers(expressions.size());
    std::size_t current = 0;
    std::istringstream lines(output_of(command + " 2>/dev/null"));
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) {
            ++current;
            continue;
        }
        auto& answer = answers.at(current);
        answer.valid = true;
        const auto colon = line.find(": ");
        const auto name = line.substr(0, colon);
        const bool elapse = name.find("Next elapse") != name.npos || name.find("Iter") != name.npos;
        if (elapse && line.compare(colon + 2, 5, "never") != 0)
            answer.times.push_back(line.substr(colon + 2));
    }
    return answers;
}

}  // namespace paysync::test
