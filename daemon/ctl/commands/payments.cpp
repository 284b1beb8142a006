// SPDX-License-Identifier: MIT
#include "daemon/base/db/column.hpp"
#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/row.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/csv.hpp"
#include "daemon/ctl/progress.hpp"
#include "daemon/ctl/session.hpp"
#include "daemon/ctl/table.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace paysync::ctl {

namespace {

constexpr int kPage = 1000;
constexpr int kTableLimit = 50;

struct PaymentsOptions {
    std::string company;                        ///< empty: all
    std::map<std::string, std::string> filter;  ///< as pay.my_payments() takes it
    std::string format = "table";
    bool json = false;         ///< the same as format json
    std::optional<int> limit;  ///< empty: kTableLimit in a table, otherwise all
};

// A selection, so that a table fits a terminal.
constexpr const char* kTableColumns =
    "created_at, company, status, amount_decimal AS amount, currency, fee_decimal AS fee, "
    "net_decimal AS net, method, brand, last4, request_id, charge_id";

/// Prints the pages of an export in one of the formats. A table is printed at the end, when the
/// width of its columns is known.
class PaymentPrinter {
public:
    explicit PaymentPrinter(std::string format) : format_(std::move(format)) {}

    std::string columns() const {
        if (json())
            return "to_jsonb(p) - 'page_key' AS payment";
        return format_ == "csv" ? "p.*" : kTableColumns;
    }
    void add(const pqxx::result& rows) {
        const auto width = rows.columns() - 1;  // the last one is the page key
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

/// How many payments there will be, for the progress bar. Unknown with a filter: counting would
/// take as long as the export itself.
std::optional<std::int64_t> expected_total(pqxx::work& tx, const PaymentsOptions& options) {
    if (!Progress::wanted() || !options.filter.empty())
        return std::nullopt;
    const auto all = tx.exec_params1(
                           "SELECT count(*) FROM pay_private.charge c "
                           "JOIN pay_private.integration i USING (account_id) "
                           "WHERE $1 IN ('', i.company) AND c.gone_at IS NULL",
                           options.company)[0]
                         .as<std::int64_t>();
    return options.limit ? std::min<std::int64_t>(*options.limit, all) : all;
}

std::string filter_as_json(pqxx::work& tx, const std::map<std::string, std::string>& filter) {
    Column names, values;
    for (const auto& [name, value] : filter) {
        names.add(name);
        values.add(value);
    }
    return text(tx.exec_params1("SELECT jsonb_object($1::text[], $2::text[])", names.literal(),
                                values.literal())[0]);
}

void check_company(pqxx::work& tx, const std::string& company) {
    if (!company.empty() &&
        tx.exec_params("SELECT FROM pay.company WHERE company = $1", company).empty())
        throw std::runtime_error("there is no company \"" + company + "\"");
}

void print_pages(pqxx::work& tx, const PaymentsOptions& options, PaymentPrinter& printer) {
    const auto filter = filter_as_json(tx, options.filter);
    check_company(tx, options.company);
    Progress progress(expected_total(tx, options));
    std::int64_t printed = 0;
    std::optional<std::string> after;
    for (;;) {
        const auto page = options.limit ? std::min<std::int64_t>(kPage, *options.limit - printed)
                                        : std::int64_t{kPage};
        if (page <= 0)
            return;
        const auto rows = tx.exec_params("SELECT " + printer.columns() +
                                             ", p.page_key AS key FROM pay.my_payments("
                                             "nullif($1, ''), $2::jsonb, $3, $4::integer) p",
                                         options.company, filter, after, page);
        printer.add(rows);
        printed += static_cast<std::int64_t>(rows.size());
        progress.at(printed);
        if (static_cast<std::int64_t>(rows.size()) < page)
            return;
        after = text(rows.back()["key"]);
    }
}

/// Keys of pay.my_payments()'s filter; the option of `amount_min` is --amount-min.
struct Filter {
    const char* key;
    const char* help;
    const char* expected = "a text";  ///< for the error about a value of another type
};

constexpr const char* kTime = "a time such as 2026-01-31 or 2026-01-31T23:00:00Z";
constexpr const char* kAmount = "a whole number, in minor units";
constexpr const char* kTruth = "true or false";
constexpr Filter kFilters[] = {{"from", "created at this time or later", kTime},
                               {"to", "created before this time", kTime},
                               {"status", "succeeded, pending or failed"},
                               {"method", "paid by this method, such as card"},
                               {"currency", "in this currency, such as eur"},
                               {"amount_min", "at least this amount, in minor units", kAmount},
                               {"amount_max", "at most this amount, in minor units", kAmount},
                               {"payer", "e-mail address of the payer"},
                               {"request_id", "id of the payment request",
                                "an id such as 01890a5d-ac96-774b-bcce-b302099a8057"},
                               {"payout_id", "paid out to the bank by this payout"},
                               {"disputed", "true or false", kTruth},
                               {"refunded", "true or false", kTruth},
                               {"text", "words of the description, payer or last four digits"}};

std::string option_of(const Filter& filter) {
    std::string option = "--" + std::string(filter.key);
    std::replace(option.begin(), option.end(), '_', '-');
    return option;
}

/// Throws a UsageError if pay.my_payments() refused one of its filters, which its text names.
void rethrow_for_option(const db::StatementError& error, const PaymentsOptions& options) {
    const std::string text = error.what();
    for (const auto& filter : kFilters)
        if (error.sqlstate() == "PY400" &&
            text.find("filter." + std::string(filter.key) + ":") != text.npos)
            throw cli::UsageError(option_of(filter), "expected " + std::string(filter.expected) +
                                                         ", not " + options.filter.at(filter.key));
    throw error;
}

int print_payments(Session& session, PaymentsOptions options) {
    if (options.json)
        options.format = "json";
    if (!options.limit && options.format == "table")
        options.limit = kTableLimit;
    PaymentPrinter printer(options.format);
    try {
        db::Connection(session.conninfo()).run([&](pqxx::work& tx) {
            // One snapshot, so that no payment is missing or listed twice between two pages.
            tx.exec0("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
            print_pages(tx, options, printer);
        });
    } catch (const db::StatementError& e) {
        rethrow_for_option(e, options);
    }
    printer.end();
    return EXIT_SUCCESS;
}

}  // namespace

void add_payments(Commands& commands) {
    const auto options = std::make_shared<PaymentsOptions>();
    auto command =
        commands.add("payments", "list payments, or export them",
                     [options](Session& session) { return print_payments(session, *options); });
    command.text("--company", options->company, "only this company");
    command
        .text("-f,--format", options->format,
              "table, csv, json (an array) or jsonl (one object per line); a table has a selection "
              "of the columns, the others have all")
        .show_default()
        .one_of({"table", "csv", "json", "jsonl"});
    command.flag("--json", options->json, "the same as --format json");
    command.number("-n,--limit", options->limit, "how many; default: 50 in a table, otherwise all")
        .positive();
    for (const auto& filter : kFilters) {
        const auto set = [options, key = std::string(filter.key)](const std::string& value) {
            options->filter[key] = value;
        };
        command.text(option_of(filter), set, filter.help);
    }
}

}  // namespace paysync::ctl
