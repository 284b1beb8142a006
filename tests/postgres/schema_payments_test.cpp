// SPDX-License-Identifier: MIT
#include "jobs/money/currency.hpp"
#include "tests/postgres/schema_database.hpp"

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

TEST_F(SchemaPayments, AFeeIsNeverGuessed) {
    charge({{"status", "'pending'"}});
    EXPECT_EQ(value("SELECT num_nulls(fee, net, settlement_currency, fee_decimal) FROM "
                    "pay.my_payments"),
              "4");
}

TEST_F(SchemaPayments, SettlementInAnotherCurrencyHasItsOwnDecimals) {
    charge({{"balance_transaction_id", "'txn_1'"}, {"currency", "'kwd'"}});
    ledger_row({{"currency", "'jpy'"}, {"exchange_rate", "485.123456"}});
    EXPECT_EQ(value("SELECT concat_ws(' ', amount_decimal, currency, net_decimal, "
                    "settlement_currency, exchange_rate) FROM pay.my_payments"),
              "1.250 kwd 1189 jpy 485.123456");
}

TEST_F(SchemaPayments, LedgerRowsOfOtherAccountsDoNotMix) {
    charge({{"balance_transaction_id", "'txn_1'"}});
    ledger_row({{"account_id", "'acct_2'"}});
    EXPECT_EQ(value("SELECT count(*) || ' ' || count(fee) FROM pay.my_payments"), "1 0");
}

TEST_F(SchemaPayments, CurrenciesAreThoseOfTheProgram) {
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.currency"),
              std::to_string(money::currencies().size()));
    for (const auto& currency : money::currencies()) {
        const std::string code(currency.code);
        const auto amount = std::int64_t{98765400};
        EXPECT_EQ(
            value("SELECT exponent || ' ' || multiple_of || ' ' || " + std::to_string(amount) +
                  " * unit || ' ' || upper(code) FROM pay_private.currency WHERE code = '" + code +
                  "'"),
            std::to_string(currency.exponent) + " " + std::to_string(currency.multiple) + " " +
                money::display(amount, code));
    }
}

TEST_F(SchemaPayments, ProgramAndDatabaseTakeTheSameAmounts) {
    for (const auto& currency : money::currencies())
        for (const std::int64_t amount : {1, 5, 10, 50, 100, 12345, 99'999'900}) {
            const std::string code(currency.code);
            const bool taken =
                outcome(insert_request({{"amount", std::to_string(amount)},
                                        {"currency", "'" + code + "'"}})) == "accepted";
            EXPECT_EQ(taken, !money::check_amount(amount, code)) << amount << " " << code;
        }
}

TEST_F(SchemaPayments, ProofTablesRefuseWhatTheyMustNotSay) {
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

}  // namespace
}  // namespace paysync::test
