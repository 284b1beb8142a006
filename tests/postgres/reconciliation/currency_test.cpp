// SPDX-License-Identifier: MIT
#include "jobs/money/currency.hpp"

#include "tests/postgres/reconciliation/fixture.hpp"

#include <map>
#include <random>

namespace paysync::reconciliation::store {
namespace {

using test::charge;
using test::Json;

class ReconciliationCurrency : public test::ReconciliationTest {};

// All currencies of Stripe: zero, two and three decimals, and those that accept only multiples.
TEST_F(ReconciliationCurrency, AmountsOfEveryCurrencyAreStoredExactly) {
    std::mt19937_64 random(20261126);
    std::vector<Json> items;
    std::map<std::string, std::string> shown;
    for (const auto& currency : money::currencies()) {
        for (const std::int64_t most :
             {std::int64_t{9}, std::int64_t{99'999'999}, std::int64_t{1} << 53}) {
            std::uniform_int_distribution<std::int64_t> units(1, most / currency.multiple + 1);
            const auto amount = units(random) * currency.multiple;
            const auto number = std::to_string(items.size());
            items.push_back(charge(number, amount, std::string(currency.code)));
            shown["ch_" + number] = fmt::format("{} {} {} {}", currency.code, amount,
                                                money::decimal(amount, currency.code),
                                                money::decimal(amount - 40, currency.code));
        }
    }
    ASSERT_GT(items.size(), 300U);
    store(items);
    const auto rows = call(+[](pqxx::work& tx) {
        return tx.exec(
            "SELECT charge_id, concat_ws(' ', currency, amount, amount_decimal, net_decimal) "
            "FROM pay.my_payments");
    });
    ASSERT_EQ(static_cast<std::size_t>(rows.size()), items.size());
    for (const auto& row : rows)
        EXPECT_EQ(row[1].as<std::string>(), shown.at(row[0].as<std::string>()));
    EXPECT_EQ(
        value("SELECT count(*) FROM pay_private.violation WHERE invariant IN ('INV-03', 'INV-20')"),
        "0");

    std::vector<Json> odd;
    for (const auto& currency : money::currencies())
        if (currency.multiple > 1)
            odd.push_back(charge("odd" + std::to_string(odd.size()), 5 * currency.multiple + 1,
                                 std::string(currency.code)));
    ASSERT_GE(odd.size(), 7U);
    store(odd);
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.violation WHERE invariant = 'INV-20'"),
              std::to_string(odd.size()));
}

}  // namespace
}  // namespace paysync::reconciliation::store
