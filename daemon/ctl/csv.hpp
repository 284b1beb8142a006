// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace paysync::ctl {

/// One line of a CSV file as RFC 4180 has it, with CR LF at its end.
///
/// A cell that a spreadsheet would run as a formula (`=`, `+`, `-`, `@`, a tab or CR at its start)
/// gets an apostrophe in front; negative numbers stay numbers.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace paysync::ctl
