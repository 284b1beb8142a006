// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

namespace paysync::db {

/// One statement of a file of SQL, without its semicolon and the comments before it.
struct SqlStatement {
    int line;  ///< where it begins, counted from 1
    std::string_view text;
};

/// Cuts a file of SQL into its statements, so that an error can be told with its line. Knows `--`
/// and nested `/* */` comments, '…' and E'…' strings, quoted names and dollar quotes. Does not know
/// `BEGIN ATOMIC` bodies, which hold semicolons of their own, nor psql's backslash commands. The
/// views point into `sql`.
std::vector<SqlStatement> sql_statements(std::string_view sql);

}  // namespace paysync::db
