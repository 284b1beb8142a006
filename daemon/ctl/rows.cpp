// SPDX-License-Identifier: MIT
#include "daemon/ctl/rows.hpp"

#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/row.hpp"
#include "daemon/ctl/render_rows.hpp"
#include "daemon/ctl/session.hpp"
#include "daemon/ctl/table.hpp"

#include <pqxx/pqxx>

#include <cstdlib>
#include <iostream>

namespace paysync::ctl {

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

RenderedRows render_rows(pqxx::work& tx, const std::string& sql, const Parameters& parameters,
                         bool json) {
    const auto values = pqxx::prepare::make_dynamic_params(parameters);
    if (!json) {
        const auto rows = tx.exec_params(sql, values);
        return {table_of(rows), rows.empty()};
    }
    std::string array;
    for (const auto& row :
         tx.exec_params("SELECT row_to_json(r)::text FROM (" + sql + ") r", values))
        array += (array.empty() ? "\n" : ",\n") + text(row[0]);
    return {array.empty() ? "[]\n" : "[" + array + "\n]\n", array.empty()};
}

int print_rows(Session& session, const Display& display, const std::string& sql,
               const Parameters& parameters) {
    const auto conninfo = session.conninfo();
    return repeat(display, [&] {
        std::string out;
        db::Connection(conninfo).run(
            [&](pqxx::work& tx) { out = render_rows(tx, sql, parameters, display.json).text; });
        std::cout << out;
        return EXIT_SUCCESS;
    });
}

std::string value_of(Session& session, const std::string& sql, const Parameters& parameters) {
    std::string value;
    db::Connection(session.conninfo()).run([&](pqxx::work& tx) {
        const auto values = pqxx::prepare::make_dynamic_params(parameters);
        value = text(tx.exec_params1(sql, values)[0]);
    });
    return value;
}

bool is_true(Session& session, const std::string& sql, const Parameters& parameters) {
    return value_of(session, sql, parameters) == "t";
}

}  // namespace paysync::ctl
