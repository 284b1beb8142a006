// SPDX-License-Identifier: MIT
#include "daemon/ctl/payments.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/row.hpp"
#include "daemon/ctl/progress.hpp"
#include "daemon/ctl/table.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <iostream>
#include <optional>
#include <vector>

namespace paysync::cli {

namespace {

constexpr int kPage = 1000;

// The columns in the order of a table, narrow enough for a terminal.
constexpr const char* kTableColumns =
    "created_at, company, status, amount_decimal AS amount, currency, fee_decimal AS fee, "
    "net_decimal AS net, method, brand, last4, request_id, charge_id";

/// RFC 4180; what a spreadsheet would take for a formula is made text.
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

std::string csv_line(const std::vector<std::string>& cells) {
    std::string line;
    for (const auto& cell : cells)
        line += (line.empty() && &cell == &cells.front() ? "" : ",") + csv_cell(cell);
    return line + "\r\n";
}

class Printer {
public:
    explicit Printer(std::string format) : format_(std::move(format)) {}

    std::string columns() const {
        if (json())
            return "to_jsonb(p) - 'page_key' AS payment";
        return format_ == "csv" ? "p.*" : kTableColumns;
    }
    void take(const pqxx::result& rows) {
        const auto width = rows.columns() - 1;  // without the page's key
        if (!headed_ && !json()) {
            std::vector<std::string> names;
            for (pqxx::row_size_type i = 0; i < width; ++i)
                names.emplace_back(rows.column_name(i));
            put(names);
        }
        headed_ = true;
        for (const auto& row : rows) {
            std::vector<std::string> cells;
            for (pqxx::row_size_type i = 0; i < width; ++i)
                cells.push_back(text(row[i]));
            put(cells);
        }
    }
    void end() {
        if (format_ == "json")
            std::cout << (printed_ ? "\n]\n" : "[]\n");
        if (table_)
            std::cout << table_->text();
    }

private:
    void put(const std::vector<std::string>& cells) {
        if (format_ == "jsonl")
            std::cout << cells.at(0) << '\n';
        else if (format_ == "json")
            std::cout << (printed_ ? ",\n" : "[\n") << cells.at(0);
        else if (format_ == "csv")
            std::cout << csv_line(cells);
        else if (!table_)
            table_.emplace(cells);
        else
            table_->add(cells);
        printed_ = true;
    }
    bool json() const { return format_ == "json" || format_ == "jsonl"; }

    std::string format_;
    std::optional<Table> table_;
    bool headed_ = false;
    bool printed_ = false;
};

/// How many there will be, for a bar that is shown; nobody counts for one that is not. What passes
/// a filter is known only to who looks at all of it, which is the export itself.
std::optional<std::int64_t> total(pqxx::work& tx, const Payments& payments) {
    if (!Progress::wanted() || !payments.filter.empty())
        return std::nullopt;
    const auto all = tx.exec_params1(
                           "SELECT count(*) FROM pay_private.charge c "
                           "JOIN pay_private.integration i USING (account_id) "
                           "WHERE $1 IN ('', i.company) AND c.gone_at IS NULL",
                           payments.company)[0]
                         .as<std::int64_t>();
    return payments.limit > 0 ? std::min<std::int64_t>(payments.limit, all) : all;
}

}  // namespace

void print_payments(const std::string& conninfo, const Payments& payments) {
    Printer printer(payments.format);
    db::Connection(conninfo).run([&](pqxx::work& tx) {
        // One snapshot: an export holds together.
        tx.exec0("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
        Column names, values;
        for (const auto& [name, value] : payments.filter) {
            names.add(name);
            values.add(value);
        }
        const auto filter = text(tx.exec_params1("SELECT jsonb_object($1::text[], $2::text[])",
                                                 names.literal(), values.literal())[0]);
        if (!payments.company.empty() &&
            tx.exec_params("SELECT FROM pay.company WHERE company = $1", payments.company).empty())
            throw std::runtime_error("there is no company \"" + payments.company + "\"");
        Progress progress(total(tx, payments));
        std::int64_t printed = 0;
        std::optional<std::string> after;
        for (;;) {
            const auto page = payments.limit > 0
                                  ? std::min<std::int64_t>(kPage, payments.limit - printed)
                                  : std::int64_t{kPage};
            if (page <= 0)
                break;
            const auto rows = tx.exec_params("SELECT " + printer.columns() +
                                                 ", p.page_key AS key FROM pay.my_payments("
                                                 "nullif($1, ''), $2::jsonb, $3, $4::integer) p",
                                             payments.company, filter, after, page);
            printer.take(rows);
            printed += static_cast<std::int64_t>(rows.size());
            progress.at(printed);
            if (static_cast<std::int64_t>(rows.size()) < page)
                break;
            after = text(rows.back()["key"]);
        }
    });
    printer.end();
}

}  // namespace paysync::cli
