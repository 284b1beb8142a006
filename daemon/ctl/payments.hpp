// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

namespace paysync::cli {

/// Which payments to print, and how.
struct Payments {
    std::string company;                        ///< of all companies when empty
    std::map<std::string, std::string> filter;  ///< as pay.my_payments() takes it
    std::string format = "table";               ///< table, csv, json, or jsonl: an object a line
    int limit = 0;                              ///< the newest so many; 0 = all
};

/// Prints payments, the newest first. On a terminal the progress of a long export
/// is shown on standard error. Throws std::exception for a filter that is wrong, naming it.
void print_payments(const std::string& conninfo, const Payments& payments);

}  // namespace paysync::cli
