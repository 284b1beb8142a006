// SPDX-License-Identifier: MIT
#include "jobs/money/currency.hpp"
#include "tests/postgres/schema/database.hpp"

namespace paysync::test {
namespace {

class SchemaPayments : public SchemaTest {
protected:
    SchemaPayments() {
        run("INSERT INTO pay_private.integration (account_id, company, livemode) VALUES "
            "('acct_1', 'acme', false)");
    }

    void charge(const Columns& special) {
        run(insert_into("pay_private.charge",
                        {{"account_id", "'acct_1'"},
                         {"charge_id", "'ch_1'"},
                         {"livemode", "false"},
                         {"created", "'2030-01-01Z'"},
                         {"status", "'succeeded'"},
                         {"paid", "true"},
                         {"captured", "true"},
                         {"amount", "1250"},
                         {"amount_captured", "1250"},
                         {"amount_refunded", "0"},
                         {"currency", "'eur'"},
                         {"row_hash", "1"},
                         {"read_at", "now()"}},
                        special));
    }

    void ledger_row(const Columns& special) {
        run(insert_into("pay_private.balance_transaction",
                        {{"account_id", "'acct_1'"},
                         {"balance_transaction_id", "'txn_1'"},
                         {"type", "'charge'"},
                         {"reporting_category", "'charge'"},
                         {"amount", "1250"},
                         {"fee", "61"},
                         {"net", "1189"},
                         {"currency", "'eur'"},
                         {"status", "'available'"},
                         {"available_on", "'2030-01-03Z'"},
                         {"created", "'2030-01-01Z'"},
                         {"row_hash", "1"},
                         {"read_at", "now()"}},
                        special));
    }
};

TEST_F(SchemaPayments, APaymentShowsFeeAndNet) {
    charge({{"balance_transaction_id", "'txn_1'"},
            {"amount_refunded", "250"},
            {"disputed", "true"},
            {"method", "'card'"}});
    ledger_row({});
    EXPECT_EQ(value("SELECT concat_ws(' ', company, amount_decimal, currency, fee, net, "
                    "settlement_currency, fee_decimal, net_decimal, refunded, refunded_decimal, "
                    "disputed, method) FROM pay.my_payments"),
              "acme 12.50 eur 61 1189 eur 0.61 11.89 250 2.50 t card");
}

TEST_F(SchemaPayments, AnUnknownFeeIsNull) {
    charge({{"status", "'pending'"}});
    EXPECT_EQ(value("SELECT num_nulls(fee, net, settlement_currency, fee_decimal) FROM "
                    "pay.my_payments"),
              "4");
}

TEST_F(SchemaPayments, ASettlementInAnotherCurrencyHasItsOwnDecimals) {
    charge({{"balance_transaction_id", "'txn_1'"}, {"currency", "'kwd'"}});
    ledger_row({{"currency", "'jpy'"}, {"exchange_rate", "485.123456"}});
    EXPECT_EQ(value("SELECT concat_ws(' ', amount_decimal, currency, net_decimal, "
                    "settlement_currency, exchange_rate) FROM pay.my_payments"),
              "1.250 kwd 1189 jpy 485.123456");
}

TEST_F(SchemaPayments, LedgerRowsOfOtherAccountsAreNotJoined) {
    charge({{"balance_transaction_id", "'txn_1'"}});
    ledger_row({{"account_id", "'acct_2'"}});
    EXPECT_EQ(value("SELECT count(*) || ' ' || count(fee) FROM pay.my_payments"), "1 0");
}

TEST_F(SchemaPayments, CurrenciesEqualThoseOfTheProgram) {
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.currency"),
              std::to_string(money::currencies().size()));
    for (const auto& currency : money::currencies()) {
        const std::string code(currency.code);
        const auto amount = std::int64_t{98765400};
        EXPECT_EQ(
            value("SELECT exponent || ' ' || multiple_of || ' ' || " + std::to_string(amount) +
                  " * unit || ' ' || upper(code COLLATE \"C\") FROM pay_private.currency WHERE "
                  "code = '" +
                  code + "'"),
            std::to_string(currency.exponent) + " " + std::to_string(currency.multiple) + " " +
                money::display(amount, code));
    }
}

TEST_F(SchemaPayments, AcceptsOnlyMultiplesOfTheCurrency) {
    for (const auto& currency : money::currencies())
        for (const std::int64_t amount : {20001, 20005, 20010, 20050, 20100, 99'999'900}) {
            const std::string code(currency.code);
            const bool taken =
                outcome(insert_request({{"amount", std::to_string(amount)},
                                        {"currency", "'" + code + "'"}})) == "accepted";
            EXPECT_EQ(taken, amount % currency.multiple == 0) << amount << " " << code;
        }
}

TEST_F(SchemaPayments, CoverageAndDiscrepanciesRefuseInvalidRows) {
    EXPECT_EQ(outcome("INSERT INTO pay_private.coverage (account_id, stream, span, read_at) "
                      "VALUES ('acct_1', 'charges', 'empty', now())"),
              "23514 coverage_span_not_empty");
    const std::string open =
        "INSERT INTO pay_private.discrepancy (kind, account_id, subject, evidence) VALUES "
        "('payout_sum', 'acct_1', 'po_1', '{}')";
    EXPECT_EQ(outcome(open), "accepted");
    EXPECT_EQ(outcome(open), "23505 discrepancy_one_open");
    EXPECT_EQ(outcome("UPDATE pay_private.discrepancy SET state = 'accepted', resolved_at = "
                      "now(), resolution = ' '"),
              "23514 discrepancy_settled_has_words");
}

/// Payments number 1 to `count`, each a minute after the one before; other differences follow from
/// the number.
class PaymentFilter : public SchemaPayments {
protected:
    PaymentFilter() {
        run("INSERT INTO pay_private.charge (account_id, charge_id, livemode, created, status, "
            "paid, "
            "captured, amount, amount_captured, amount_refunded, currency, disputed, method, "
            "description, payer_name, payer_email, last4, balance_transaction_id, row_hash, "
            "read_at) "
            "SELECT 'acct_1', 'ch_' || lpad(n::text, 5, '0'), false, '2030-01-01Z'::timestamptz + "
            "(n / 2) * interval '1 minute', CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'succeeded' "
            "END, "
            "true, true, n * 10, n * 10, CASE WHEN n % 40 = 0 THEN 10 ELSE 0 END, CASE WHEN n % 25 "
            "= "
            "0 THEN 'eur' ELSE 'usd' END, n % 30 = 0, CASE WHEN n % 20 = 0 THEN 'sepa_debit' ELSE "
            "'card' END, 'Invoice ' || n, 'Paula Payer', 'Payer' || n || '@Example.com', '4242', "
            "'txn_' || n, 1, now() FROM generate_series(1, 2000) n;"
            "INSERT INTO pay_private.balance_transaction (account_id, balance_transaction_id, "
            "type, "
            "reporting_category, amount, fee, net, currency, payout_id, status, available_on, "
            "created, row_hash, read_at) SELECT 'acct_1', 'txn_' || n, 'charge', 'charge', n * 10, "
            "0, n * 10, 'usd', CASE WHEN n <= 5 THEN 'po_1' END, 'available', now(), now(), 1, "
            "now() "
            "FROM generate_series(1, 2000) n; ANALYZE pay_private.charge");
    }
    std::string count(const std::string& filter) {
        return value("SELECT count(*) FROM pay.my_payments('acme', '" + filter +
                     "', page_size => 10000)");
    }
    /// SQLSTATE, message and column of the refusal.
    std::string refusal(const std::string& arguments) {
        try {
            run("SELECT count(*) FROM pay.my_payments('acme', " + arguments + ")");
            return "accepted";
        } catch (const pqxx::sql_error& e) {
            const std::string words = e.what();
            return e.sqlstate() + " " + words.substr(8, words.find('\n') - 8);
        }
    }
};

TEST_F(PaymentFilter, EveryFilterFindsItsPayments) {
    EXPECT_EQ(count("{}"), "2000");
    EXPECT_EQ(count(R"({"from": "2030-01-01 00:10Z", "to": "2030-01-01 00:11Z"})"), "2");
    EXPECT_EQ(count(R"({"status": "failed"})"), "40");
    EXPECT_EQ(count(R"({"method": "sepa_debit", "status": "succeeded"})"), "80");
    EXPECT_EQ(count(R"({"currency": "EUR"})"), "80");
    EXPECT_EQ(count(R"({"amount_min": 100, "amount_max": 190})"), "10");
    EXPECT_EQ(count(R"({"payer": "payer7@example.com"})"), "1");
    EXPECT_EQ(count(R"({"payout_id": "po_1"})"), "5");
    EXPECT_EQ(count(R"({"disputed": true})"), "66");
    EXPECT_EQ(count(R"({"refunded": true, "disputed": null})"), "50");
    EXPECT_EQ(count(R"({"text": "invoice 1234"})"), "1");
    EXPECT_EQ(count(R"({"text": "payer55@example.com"})"), "1");
    EXPECT_EQ(count(R"({"request_id": "00000000-0000-0000-0000-000000000000"})"), "0");
    EXPECT_EQ(value("SELECT count(*) FROM pay.my_payments('nobody')"), "0");
}

TEST_F(PaymentFilter, PagesHaveNoGapAndNoRepetition) {
    std::string after = "NULL";
    int pages = 0;
    for (; pages < 40; ++pages) {
        run("CREATE TEMP TABLE IF NOT EXISTS seen (n serial, charge_id text);"
            "INSERT INTO seen (charge_id) SELECT charge_id FROM pay.my_payments('acme', "
            "'{\"currency\": \"usd\"}', " +
            after + ", 101)");
        const auto key = value(
            "SELECT page_key FROM pay.my_payments WHERE charge_id = (SELECT charge_id FROM seen "
            "ORDER BY n DESC LIMIT 1)");
        if (after == "'" + key + "'")
            break;
        after = "'" + key + "'";
    }
    EXPECT_EQ(pages, 20);
    EXPECT_EQ(value("SELECT count(*) || ' ' || count(DISTINCT charge_id) FROM seen"), "1920 1920");
}

TEST_F(PaymentFilter, WrongFiltersAreNamed) {
    EXPECT_EQ(refusal(R"('{"colour": "red"}')"), "PY400 filter.colour: there is no such filter");
    EXPECT_EQ(refusal(R"('{"from": "soon"}')"), "PY400 filter.from: is no timestamptz");
    EXPECT_EQ(refusal(R"('{"amount_min": "1.5"}')"), "PY400 filter.amount_min: is no bigint");
    EXPECT_EQ(refusal(R"('{"request_id": "7"}')"), "PY400 filter.request_id: is no uuid");
    EXPECT_EQ(refusal("'[]'"), "PY400 filter: is no JSON object");
    EXPECT_EQ(refusal("'{}', 'x'"), "PY400 after: is no page_key");
    EXPECT_EQ(refusal("'{}', NULL, 0"), "PY400 page_size: is not from 1 to 10000");
    EXPECT_EQ(refusal(R"('{"status": "x'' OR true --"}')"), "accepted") << "and finds nothing";
}

TEST_F(PaymentFilter, PaymentsAreFollowedToTheBank) {
    run("INSERT INTO pay_private.payout (account_id, payout_id, livemode, created, arrival_date, "
        "amount, currency, status, automatic, reconciliation_status, method, type, trace_id, "
        "row_hash, read_at) VALUES ('acct_1', 'po_1', false, now(), now(), 150, 'usd', 'paid', "
        "true, "
        "'completed', 'standard', 'bank_account', 'TRACE7', 1, now())");
    EXPECT_EQ(column("SELECT whereabouts || coalesce(':' || bank_trace_id, '') FROM "
                     "pay.payment_to_bank WHERE charge_id IN ('ch_00001', 'ch_00007', 'ch_00050') "
                     "ORDER BY charge_id"),
              "at_bank:TRACE7 in_balance not_paid");
}

}  // namespace
}  // namespace paysync::test
