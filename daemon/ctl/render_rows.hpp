// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "daemon/ctl/rows.hpp"

#include <string>

namespace paysync::ctl {

struct RenderedRows {
    std::string text;
    bool empty;
};

/// The rows of a statement within a transaction, as they are printed: a table with the columns'
/// names as its headings, or a JSON array with an object per line. In JSON numbers, booleans,
/// arrays and NULL keep their type.
RenderedRows render_rows(pqxx::work& tx, const std::string& sql, const Parameters& parameters,
                         bool json);

}  // namespace paysync::ctl
