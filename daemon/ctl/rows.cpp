// SPDX-License-Identifier: MIT
#include "daemon/ctl/rows.hpp"

#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/row.hpp"
#include "daemon/ctl/table.hpp"

#include <iostream>

namespace paysync::cli {

namespace {

std::string table_of(const pqxx::result& rows) {
    std::vector<std::string> cells;
    for (pqxx::row_size_type i = 0; i < rows.columns(); ++i)
        cells.emplace_back(rows.column_name(i));
    Table table(cells);
    for (const auto& row : rows) {
        cells.clear();
        for (const auto& field : row)
            cells.push_back(text(field));
        table.add(cells);
    }
    return table.text();
}

}  // namespace

Rows rows_of(pqxx::work& tx, const std::string& sql, const std::vector<std::string>& parameters,
             Format format) {
    const auto given = pqxx::prepare::make_dynamic_params(parameters);
    if (format == Format::table) {
        const auto rows = tx.exec_params(sql, given);
        return {table_of(rows), rows.empty()};
    }
    std::string array;
    for (const auto& row :
         tx.exec_params("SELECT row_to_json(r)::text FROM (" + sql + ") r", given))
        array += (array.empty() ? "\n" : ",\n") + text(row[0]);
    return {array.empty() ? "[]\n" : "[" + array + "\n]\n", array.empty()};
}

void print_rows(const std::string& conninfo, const std::string& sql,
                const std::vector<std::string>& parameters, Format format) {
    std::string out;
    db::Connection(conninfo).run(
        [&](pqxx::work& tx) { out = rows_of(tx, sql, parameters, format).text; });
    std::cout << out;
}

void print_rows(const std::string& conninfo, const std::string& sql, const std::string& parameter,
                Format format) {
    const std::vector<std::string> parameters{parameter};
    print_rows(conninfo, sql, parameters, format);
}

}  // namespace paysync::cli
