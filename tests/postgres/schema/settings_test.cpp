// SPDX-License-Identifier: MIT
#include "tests/postgres/schema/database.hpp"

namespace paysync::test {
namespace {

class SchemaSettings : public SchemaTest {
protected:
    static std::string update(const std::string& arguments) {
        return "SELECT pay.update_settings('acme', " + arguments + ")";
    }
};

TEST_F(SchemaSettings, WrongValuesAreRefusedWithAReason) {
    for (const auto* wrong :
         {"request_key => 'k'", "default_currency => 'zzz'", "statement_descriptor => 'abc'",
          "statement_descriptor => '12345'", "statement_descriptor => 'ACME <1>'",
          "payment_methods => '{Card}'", "application_fee_percent => 100.5",
          "application_fee_percent => 0.001", "application_fee_fixed => '[]'",
          "application_fee_fixed => '{\"zzz\": 1}'", "application_fee_fixed => '{\"eur\": -1}'",
          "application_fee_fixed => '{\"eur\": 0.5}'"})
        EXPECT_EQ(outcome(update(wrong)), "PY400") << wrong;
    EXPECT_EQ(outcome("SELECT pay.update_settings('nobody', 'eur')"), "PY404");
    EXPECT_EQ(value("SELECT count(*) FROM pay.settings"), "0");
}

TEST_F(SchemaSettings, TheSameKeyIsTheSameChange) {
    const auto wish = update("statement_descriptor => 'ACME 42', request_key => 'k'");
    const auto id = value(wish);
    EXPECT_EQ(value(wish), id);
    EXPECT_EQ(value("SELECT version FROM pay.settings"), "1");
    EXPECT_EQ(outcome(update("statement_descriptor => 'ACME 43', request_key => 'k'")), "PY409");
    EXPECT_EQ(value("SELECT desired #>> '{}' FROM pay.settings"), "ACME 42");
    run(update("statement_descriptor => ''"));
    EXPECT_EQ(value("SELECT desired::text || ' ' || version FROM pay.settings"), "null 2");
}

TEST_F(SchemaSettings, TheApplicationFeeIsExact) {
    const auto fee = [&](const std::string& amount, const std::string& currency) {
        return value("SELECT pay_private.application_fee('acme', " + amount + ", '" + currency +
                     "')");
    };
    EXPECT_EQ(fee("1000", "eur"), "0");
    run(update("application_fee_percent => 2.5, application_fee_fixed => '{\"eur\": 30}'"));
    EXPECT_EQ(fee("1000", "eur"), "55");
    EXPECT_EQ(fee("1020", "usd"), "26") << "25.5, rounded half up";
    EXPECT_EQ(fee("20", "eur"), "20") << "never more than the amount";
    run(update("application_fee_percent => 0, application_fee_fixed => '{}'"));
    EXPECT_EQ(fee("1000", "eur"), "0");
}

}  // namespace
}  // namespace paysync::test
