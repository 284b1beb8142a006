// SPDX-License-Identifier: MIT
#include "tests/support/request_model.hpp"

#include "tests/postgres/schema/database.hpp"
#include "tests/support/environment.hpp"

#include <fmt/format.h>

#include <map>
#include <random>

/// The schema's view of a payment request against the model's, over random charges, refunds and
/// disputes that arrive in one jump. PAYSYNC_SOAK_SEED sets the seed.
namespace paysync::test {
namespace {

class RequestStates : public SchemaTest {
protected:
    int dice(int sides) { return std::uniform_int_distribution<>(0, sides - 1)(random_); }

    ChargeFacts any_charge() {
        ChargeFacts charge;
        charge.charge_id = fmt::format("ch_{}", ++charges_);
        charge.amount = dice(3) == 0 ? 400 : 1000;
        switch (dice(6)) {
            case 0:
                charge.status = "failed";
                return charge;
            case 1:
                charge.status = "pending";
                charge.captured = true;
                charge.amount_captured = charge.amount;
                return charge;
            case 2:
                charge.status = "succeeded";
                charge.released = dice(2) == 0;
                charge.amount_refunded = charge.released ? charge.amount : 0;
                return charge;
            default:
                break;
        }
        charge.status = "succeeded";
        charge.captured = true;
        charge.amount_captured = dice(4) == 0 ? charge.amount / 2 : charge.amount;
        const std::int64_t backs[] = {0, 0, 0, charge.amount_captured / 4, charge.amount_captured};
        charge.amount_refunded = charge.amount - charge.amount_captured + backs[dice(5)];
        static const char* const kDisputes[] = {
            "needs_response",         "under_review",         "lost",          "won", "prevented",
            "warning_needs_response", "warning_under_review", "warning_closed"};
        if (dice(5) == 0)
            charge.disputes.push_back({kDisputes[dice(8)], charge.amount_captured});
        return charge;
    }

    RequestFacts any_facts() {
        RequestFacts facts{.amount = 1000, .multi_party = dice(4) == 0};
        if (facts.multi_party && dice(2) == 0)
            facts.max_payments = 1 + dice(2);
        static const char* const kClosed[] = {"", "", "", "cancelled", "expired", "failed"};
        facts.closed_as = kClosed[dice(6)];
        for (int i = dice(4); i > 0; --i)
            facts.charges.push_back(any_charge());
        return facts;
    }

    std::string store(const RequestFacts& facts) {
        const auto id =
            value(insert_request(
                      {{"amount", "1000"},
                       {"multi_party", facts.multi_party ? "true" : "false"},
                       {"max_payments",
                        facts.max_payments == 0 ? "NULL" : std::to_string(facts.max_payments)}}) +
                  " RETURNING request_id");
        std::string sql;
        for (const auto& charge : facts.charges) {
            sql += insert_into(
                       "pay_private.charge",
                       {{"account_id", "'acct_1'"},
                        {"charge_id", "'" + charge.charge_id + "'"},
                        {"request_id", "'" + id + "'"},
                        {"livemode", "false"},
                        {"created", "now()"},
                        {"status", "'" + charge.status + "'"},
                        {"paid", charge.status == "succeeded" ? "true" : "false"},
                        {"captured", charge.captured ? "true" : "false"},
                        {"amount", std::to_string(charge.amount)},
                        {"amount_captured", std::to_string(charge.amount_captured)},
                        {"amount_refunded", std::to_string(charge.amount_refunded)},
                        {"refunded", charge.amount_refunded == charge.amount ? "true" : "false"},
                        {"disputed", charge.disputes.empty() ? "false" : "true"},
                        {"currency", "'eur'"},
                        {"row_hash", "0"},
                        {"read_at", "now()"}},
                       {}) +
                   ";";
            for (const auto& dispute : charge.disputes)
                sql += fmt::format(
                    "INSERT INTO pay_private.dispute (account_id, dispute_id, livemode, created, "
                    "charge_id, amount, currency, status, reason, charge_refundable, row_hash, "
                    "read_at) VALUES ('acct_1', 'du_{0}', false, now(), '{0}', {1}, 'eur', '{2}', "
                    "'fraudulent', false, 0, now());",
                    charge.charge_id, dispute.amount, dispute.status);
        }
        // Whichever comes first, the decision of a person or the charges.
        const auto close =
            facts.closed_as.empty()
                ? std::string()
                : fmt::format(
                      "UPDATE pay.payment_request SET closed_as = '{}', closed_at = now() "
                      "WHERE request_id = '{}';",
                      facts.closed_as, id);
        run(dice(2) == 0 ? sql + close : close + sql);
        return id;
    }

    std::mt19937 random_{static_cast<unsigned>(from_environment("PAYSYNC_SOAK_SEED", 20261130))};
    int charges_ = 0;
};

std::string words(const RequestFacts& facts) {
    std::string all = facts.multi_party ? fmt::format("multi-party of {}", facts.max_payments) : "";
    all += " closed_as '" + facts.closed_as + "'";
    for (const auto& charge : facts.charges) {
        all += fmt::format("; {}{} {} captured {} refunded {}", charge.status,
                           charge.captured ? "" : " uncaptured", charge.amount,
                           charge.amount_captured, charge.amount_refunded);
        for (const auto& dispute : charge.disputes)
            all += fmt::format(" dispute {} {}", dispute.status, dispute.amount);
    }
    return all;
}

TEST_F(RequestStates, EqualTheModelsWhateverCameInOneJump) {
    std::map<std::string, RequestFacts> all;
    for (int i = from_environment("PAYSYNC_SOAK_REQUESTS", 400); i > 0; --i) {
        auto facts = any_facts();
        auto id = store(facts);
        all.emplace(std::move(id), std::move(facts));
    }
    run("SELECT pay_private.settle_requests(array_agg(request_id)) FROM pay.payment_request");
    pqxx::work tx(connection_);
    int wrong = 0;
    for (const auto& row : tx.exec(
             "SELECT r.request_id, r.state, r.amount_paid, r.amount_refunded, r.amount_disputed, "
             "r.amount_processing, r.amount_authorized, pay_private.link_demand(r), "
             "pay_private.amount_due(r) FROM pay.payment_request r")) {
        const auto& facts = all.at(row[0].as<std::string>());
        const RequestModel model(facts);
        const auto is = fmt::format(
            "{} paid {} refunded {} disputed {} processing {} authorized {} link {} of {}",
            row[1].as<std::string>(), row[2].as<std::int64_t>(), row[3].as<std::int64_t>(),
            row[4].as<std::int64_t>(), row[5].as<std::int64_t>(), row[6].as<std::int64_t>(),
            row[7].as<bool>(), row[7].as<bool>() ? row[8].as<std::int64_t>() : 0);
        const auto ought = fmt::format(
            "{} paid {} refunded {} disputed {} processing {} authorized {} link {} of {}",
            model.state, model.captured, model.given_back, model.disputed, model.processing,
            model.authorized, model.wants_link, model.wants_link ? model.link_amount : 0);
        if (is != ought && ++wrong <= 20)
            ADD_FAILURE() << is << ", not\n" << ought << "\n" << words(facts);
    }
    EXPECT_EQ(wrong, 0) << "of " << all.size();
}

}  // namespace
}  // namespace paysync::test
