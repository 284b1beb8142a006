// SPDX-License-Identifier: MIT
#include "daemon/ctl/invocation.hpp"

#include <algorithm>
#include <utility>

namespace paysync::cli {

void add_payments(CLI::App& app, Invocation& call) {
    auto* payments = app.add_subcommand("payments", "list payments, or export them");
    payments->add_option("--company", call.payments.company, "of this company alone");
    payments
        ->add_option(
            "-f,--format", call.payments.format,
            "table, csv, json (an array), or jsonl (an object a line); all but the table have all "
            "columns")
        ->capture_default_str()
        ->check(CLI::IsMember({"table", "csv", "json", "jsonl"}));
    payments->add_flag_callback(
        "--json", [&call] { call.payments.format = "json"; }, "the same as --format json");
    auto* limit =
        payments->add_option("-n,--limit", call.limit, "how many; 50 in a table, else all")
            ->check(CLI::PositiveNumber);
    constexpr std::pair<const char*, const char*> kFilters[] = {
        {"from", "made at this time or later"},
        {"to", "made before this time"},
        {"status", "succeeded, pending or failed"},
        {"method", "paid by this method, such as card"},
        {"currency", "in this currency"},
        {"amount_min", "of so many minor units or more"},
        {"amount_max", "of so many minor units or fewer"},
        {"payer", "by this e-mail address"},
        {"request_id", "of this payment request"},
        {"payout_id", "that went to the bank with this payout"},
        {"disputed", "true or false"},
        {"refunded", "true or false"},
        {"text", "with these words"}};
    for (const auto& [name, words] : kFilters) {
        std::string option = "--" + std::string(name);
        std::replace(option.begin(), option.end(), '_', '-');
        payments->add_option_function<std::string>(
            option,
            [&call, key = std::string(name)](const std::string& value) {
                call.payments.filter[key] = value;
            },
            words);
    }
    payments->callback([&call, limit] {
        if (limit->count() > 0 || call.payments.format == "table")
            call.payments.limit = call.limit;
        call.act = [&call](const auto& to) { print_payments(to, call.payments); };
    });
}

}  // namespace paysync::cli
