// SPDX-License-Identifier: MIT
#include "daemon/ctl/csv.hpp"

namespace paysync::ctl {

namespace {

std::string csv_cell(std::string cell) {
    const bool formula =
        !cell.empty() && std::string("=+-@\t\r").find(cell[0]) != std::string::npos;
    const bool number = formula && cell.find_first_not_of("-0123456789.") == std::string::npos;
    if (formula && !number)
        cell.insert(0, "'");
    if (cell.find_first_of(",\"\r\n") == std::string::npos)
        return cell;
    std::string quoted = "\"";
    for (const char c : cell)
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

}  // namespace

std::string csv_line(const std::vector<std::string>& cells) {
    std::string line;
    for (const auto& cell : cells)
        line += (&cell == &cells.front() ? "" : ",") + csv_cell(cell);
    return line + "\r\n";
}

}  // namespace paysync::ctl
