// SPDX-License-Identifier: MIT
#pragma once

#include <pqxx/pqxx>

#include <string>
#include <vector>

namespace paysync::cli {

/// How rows are printed.
enum class Format { table, json };

/// Rows as they are printed.
struct Rows {
    std::string text;
    bool empty;
};

/// The rows of a query with the parameters $1, $2 …: under their columns' names, or as a JSON array
/// with an object a line, in which numbers, booleans, arrays and NULL stay what they are.
Rows rows_of(pqxx::work& tx, const std::string& sql, const std::vector<std::string>& parameters,
             Format format);

/// Prints that, in a transaction of its own.
void print_rows(const std::string& conninfo, const std::string& sql,
                const std::vector<std::string>& parameters, Format format);
void print_rows(const std::string& conninfo, const std::string& sql, const std::string& parameter,
                Format format);

}  // namespace paysync::cli
