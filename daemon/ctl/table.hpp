// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace paysync::ctl {

/// Rows of text under headings; each column is as wide as its widest cell.
///
/// Control characters in cells are shown as '?', so that text which a payer typed cannot send
/// escape sequences to the operator's terminal. When standard output is a terminal, headings are
/// bold and words for a state ("failed", "paid") are coloured, unless NO_COLOR is set.
class Table {
public:
    explicit Table(std::vector<std::string> headings);
    /// As many cells as there are headings.
    void add(std::vector<std::string> cells);
    std::string text() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace paysync::ctl
