// SPDX-License-Identifier: MIT
#include "tests/bench/copy_engine.hpp"

#include "daemon/base/db/column.hpp"
#include "jobs/stripe/charge.hpp"
#include "jobs/stripe/page.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/page_client.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <pqxx/pqxx>

#include <chrono>
#include <ctime>
#include <functional>
#include <string_view>
#include <thread>
#include <tuple>

namespace bench {

namespace {

using paysync::stripe::Charge;
using Batch = std::function<void(const std::vector<Charge>&)>;

std::int64_t hash_of(const Charge& c) {
    paysync::Fingerprint print;
    print.add(c.status).add(c.amount).add(c.amount_refunded).add(c.currency).add(c.description);
    return print.add(c.payer_email).add(c.balance_transaction_id).value();
}

/// The tables that the daemon fills from charges, with the same columns and indexes.
constexpr const char* kTables[] = {"charge", "charge_history", "balance_transaction",
                                   "balance_transaction_fee"};

const char* field(const std::optional<std::string>& text) {
    return text ? text->c_str() : nullptr;
}

std::string time_of(std::int64_t seconds) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S}+00", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

std::string key_of(std::string_view table) {
    if (table == "charge")
        return "account_id, charge_id";
    if (table == "charge_history")
        return "account_id, charge_id, version";
    return table == "balance_transaction" ? "account_id, balance_transaction_id"
                                          : "account_id, balance_transaction_id, ordinal";
}

std::string changing_column_of(std::string_view table) {
    return table == "balance_transaction_fee" ? "amount" : "row_hash";
}

void read_all(const CopyEngine& engine, const std::string& account, const Batch& take) {
    PageClient client(engine.stripe_port);
    std::string cursor;
    std::vector<Charge> batch;
    for (int pages = 1;; ++pages) {
        const auto body = client.ask(fmt::format(
            "GET /v1/charges?limit=100&expand%5B%5D=data.balance_transaction{} HTTP/1.1\r\nHost: "
            "127.0.0.1\r\nStripe-Version: 2026-10-28.endive\r\nAuthorization: Bearer "
            "{}\r\nStripe-Account: {}\r\n\r\n",
            cursor.empty() ? "" : "&starting_after=" + cursor, engine.stripe_key, account));
        auto page = paysync::stripe::parse_page(body, &paysync::stripe::read_charge);
        cursor = page.last_id;
        std::move(page.items.begin(), page.items.end(), std::back_inserter(batch));
        if (!page.has_more || pages % engine.pages_per_commit == 0) {
            take(batch);
            batch.clear();
        }
        if (!page.has_more)
            return;
    }
}

double in_threads(const std::vector<std::string>& accounts,
                  const std::function<void(const std::string&)>& work) {
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (const auto& account : accounts)
        threads.emplace_back(work, account);
    for (auto& thread : threads)
        thread.join();
    return seconds_since(begin);
}

void copy_charges(pqxx::work& tx, const std::string& account, const std::vector<Charge>& charges) {
    pqxx::stream_to copy(tx, "page_charge",
                         std::vector<std::string>{"account_id",
                                                  "charge_id",
                                                  "livemode",
                                                  "created",
                                                  "status",
                                                  "paid",
                                                  "captured",
                                                  "amount",
                                                  "amount_captured",
                                                  "amount_refunded",
                                                  "currency",
                                                  "refunded",
                                                  "disputed",
                                                  "balance_transaction_id",
                                                  "payment_intent_id",
                                                  "description",
                                                  "payer_name",
                                                  "payer_email",
                                                  "receipt_email",
                                                  "receipt_url",
                                                  "method",
                                                  "brand",
                                                  "last4",
                                                  "country",
                                                  "outcome_type",
                                                  "row_hash",
                                                  "read_at"});
    for (const auto& c : charges) {
        const auto method = c.method.value_or(paysync::stripe::PaymentMethod());
        copy << std::make_tuple(account, c.id, c.livemode, time_of(c.created), c.status, c.paid,
                                c.captured, c.amount, c.amount_captured, c.amount_refunded,
                                c.currency, c.refunded, c.disputed, field(c.balance_transaction_id),
                                field(c.payment_intent), field(c.description), field(c.payer_name),
                                field(c.payer_email), field(c.receipt_email), field(c.receipt_url),
                                method.type, field(method.brand), field(method.last4),
                                field(method.country), field(c.outcome_type), hash_of(c), "now");
    }
    copy.complete();
}

void copy_history(pqxx::work& tx, const std::string& account, const std::vector<Charge>& charges) {
    pqxx::stream_to copy(
        tx, "page_charge_history",
        std::vector<std::string>{"account_id", "charge_id", "version", "status", "amount_captured",
                                 "amount_refunded", "disputed", "balance_transaction_id",
                                 "row_hash", "read_at", "source"});
    for (const auto& c : charges)
        copy << std::make_tuple(account, c.id, 1, c.status, c.amount_captured, c.amount_refunded,
                                c.disputed, field(c.balance_transaction_id), hash_of(c), "now",
                                "list");
    copy.complete();
}

void copy_ledger(pqxx::work& tx, const std::string& account, const std::vector<Charge>& charges) {
    {
        pqxx::stream_to copy(
            tx, "page_balance_transaction",
            std::vector<std::string>{"account_id", "balance_transaction_id", "type",
                                     "reporting_category", "amount", "fee", "net", "currency",
                                     "source_id", "status", "available_on", "created",
                                     "description", "row_hash", "read_at"});
        for (const auto& c : charges)
            if (const auto& t = c.balance_transaction)
                copy << std::make_tuple(account, t->id, t->type, t->reporting_category, t->amount,
                                        t->fee, t->net, t->currency, field(t->source), t->status,
                                        time_of(t->available_on), time_of(t->created),
                                        field(t->description), hash_of(c), "now");
        copy.complete();
    }
    pqxx::stream_to copy(tx, "page_balance_transaction_fee",
                         std::vector<std::string>{"account_id", "balance_transaction_id", "ordinal",
                                                  "type", "amount", "currency", "description"});
    for (const auto& c : charges) {
        int ordinal = 0;
        if (const auto& t = c.balance_transaction)
            for (const auto& part : t->fee_details)
                copy << std::make_tuple(account, t->id, ++ordinal, part.type, part.amount,
                                        part.currency, field(part.description));
    }
    copy.complete();
}

}  // namespace

double CopyEngine::fill(const std::vector<std::string>& accounts) const {
    {
        pqxx::connection connection(dsn);
        pqxx::work tx(connection);
        for (const auto* table : kTables)
            tx.exec(
                fmt::format("CREATE TABLE copied_{0} (LIKE pay_private.{0} INCLUDING DEFAULTS "
                            "INCLUDING INDEXES INCLUDING STORAGE)",
                            table));
        tx.commit();
    }
    return in_threads(accounts, [&](const std::string& account) {
        pqxx::connection connection(dsn);
        read_all(*this, account, [&](const std::vector<Charge>& charges) {
            pqxx::work tx(connection);
            for (const auto* table : kTables)
                tx.exec(
                    fmt::format("CREATE TEMP TABLE page_{0} (LIKE pay_private.{0} INCLUDING "
                                "DEFAULTS) ON COMMIT DROP",
                                table));
            copy_charges(tx, account, charges);
            copy_history(tx, account, charges);
            copy_ledger(tx, account, charges);
            for (const auto* table : kTables)
                tx.exec(
                    fmt::format("INSERT INTO copied_{0} AS c SELECT * FROM page_{0} ON CONFLICT "
                                "({1}) DO UPDATE "
                                "SET {2} = excluded.{2} WHERE c.{2} IS DISTINCT FROM excluded.{2}",
                                table, key_of(table), changing_column_of(table)));
            tx.commit();
        });
    });
}

double CopyEngine::compare(const std::vector<std::string>& accounts) const {
    return in_threads(accounts, [&](const std::string& account) {
        pqxx::connection connection(dsn);
        read_all(*this, account, [&](const std::vector<Charge>& charges) {
            paysync::Column ids;
            for (const auto& charge : charges)
                ids.add(charge.id);
            pqxx::work tx(connection);
            const auto rows = tx.exec_params(
                "SELECT charge_id, row_hash FROM copied_charge WHERE account_id = $1 AND charge_id "
                "= ANY "
                "($2::text[])",
                account, ids.literal());
            if (rows.size() != charges.size())
                throw std::runtime_error("rows are missing");
        });
    });
}

}  // namespace bench
