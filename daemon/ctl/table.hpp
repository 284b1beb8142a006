// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace paysync::cli {

/// Rows of text under headings, columns as wide as they need to be. Control characters in cells are
/// shown as '?': a terminal must not obey what a payer typed. On a terminal headings are bold, and
/// words that say how things are have a colour, unless NO_COLOR is set.
class Table {
public:
    explicit Table(std::vector<std::string> headings);
    void add(std::vector<std::string> cells);
    std::string text() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace paysync::cli
