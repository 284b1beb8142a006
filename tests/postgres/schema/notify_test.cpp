// SPDX-License-Identifier: MIT
#include "tests/postgres/schema/database.hpp"

#include <chrono>
#include <memory>

namespace paysync::test {
namespace {

using namespace std::chrono_literals;

/// Counts the notifications of one channel.
class Ear final : public pqxx::notification_receiver {
public:
    Ear(pqxx::connection& connection, const std::string& channel)
        : notification_receiver(connection, channel) {}
    void operator()(const std::string& payload, int) override {
        ++heard;
        payloads += payload;
    }
    int heard = 0;
    std::string payloads;
};

class SchemaNotify : public SchemaTest {
protected:
    SchemaNotify() {
        for (const auto* channel : {"pay_command", "pay_command_done", "pay_payment_request",
                                    "pay_request_changed", "pay_stage", "pay_payment", "the_end"})
            ears_.emplace_back(std::make_unique<Ear>(listening_, channel));
    }

    /// The channels that notified because of `sql`. Notifications keep the order of commits, so all
    /// have arrived once a later one of ours has.
    std::string heard(const std::string& sql) {
        for (auto& ear : ears_)
            ear->heard = 0;
        run(sql);
        run("NOTIFY the_end");
        const auto give_up = std::chrono::steady_clock::now() + 60s;
        while (ears_.back()->heard == 0 && std::chrono::steady_clock::now() < give_up)
            listening_.await_notification(1, 0);
        std::string channels;
        for (const auto& ear : ears_) {
            EXPECT_LE(ear->heard, 1) << ear->channel();
            EXPECT_EQ(ear->payloads, "");
            if (ear->heard > 0)
                channels += ear->channel() + " ";
        }
        return channels;
    }

    pqxx::connection listening_{database_.dsn()};
    std::vector<std::unique_ptr<Ear>> ears_;
};

TEST_F(SchemaNotify, CommandsNotifyWhenQueuedAndWhenEnded) {
    EXPECT_EQ(heard("INSERT INTO pay.command (company, kind) VALUES ('acme', 'manage'), ('acme', "
                    "'refresh')"),
              "pay_command the_end ");
    EXPECT_EQ(heard("UPDATE pay.command SET state = 'running' WHERE kind = 'manage'"), "the_end ");
    EXPECT_EQ(heard("UPDATE pay.command SET leased_until = now()"), "the_end ");
    EXPECT_EQ(heard("UPDATE pay.command SET state = 'done', finished_at = now()"),
              "pay_command_done the_end ");
}

TEST_F(SchemaNotify, PaymentRequestsNotifyWhenQueuedAndWhenChanged) {
    EXPECT_EQ(heard(insert_request()), "pay_payment_request the_end ");
    EXPECT_EQ(heard("UPDATE pay_private.delivery SET state = 'ready', lease_token = 1, "
                    "message_key = 1"),
              "the_end ");
    EXPECT_EQ(heard("UPDATE pay_private.delivery SET state = 'sent', accepted_at = now()"),
              "pay_request_changed the_end ");
    EXPECT_EQ(heard("UPDATE pay_private.delivery SET state = state"), "the_end ");
    EXPECT_EQ(heard("UPDATE pay.payment_request SET state = state"), "the_end ");
    EXPECT_EQ(heard("UPDATE pay.payment_request SET state = 'paid'"),
              "pay_request_changed the_end ");
    EXPECT_EQ(heard(insert_request() + "; SELECT pay.cancel_payment_request(request_id) FROM "
                                       "pay.payment_request WHERE state = 'open'"),
              "pay_payment_request pay_request_changed the_end ");
}

TEST_F(SchemaNotify, AnInsertWithoutRowsNotifiesNobody) {
    const auto insert = insert_request({{"request_key", "'k'"}}) + " ON CONFLICT DO NOTHING";
    EXPECT_EQ(heard(insert), "pay_payment_request the_end ");
    EXPECT_EQ(heard(insert), "the_end ");
    EXPECT_EQ(heard("INSERT INTO pay.command (company, kind) SELECT 'acme', 'manage' WHERE false"),
              "the_end ");
}

TEST_F(SchemaNotify, StagesWarningsAndPaymentsNotify) {
    run("INSERT INTO pay_private.integration (account_id, company, livemode) VALUES ('acct_1', "
        "'acme', false)");
    const std::string stage =
        "SELECT pay_private.record_stage('acct_1', 'pending', 'x', 'none', 'test', 'req_1')";
    EXPECT_EQ(heard(stage), "pay_stage the_end ");
    EXPECT_EQ(heard(stage), "the_end ");
    const std::string warned =
        "UPDATE pay_private.integration SET warned_for = '2026-12-01', warned_at = now()";
    EXPECT_EQ(heard(warned), "pay_stage the_end ");
    EXPECT_EQ(heard(warned), "the_end ") << "the same deadline again is no other warning";
    const std::string charge =
        "INSERT INTO pay_private.charge (account_id, charge_id, livemode, created, status, paid, "
        "captured, amount, amount_captured, amount_refunded, currency, row_hash, read_at) VALUES "
        "('acct_1', 'ch_1', false, now(), 'succeeded', true, true, 1, 1, 0, 'eur', 1, now()) ON "
        "CONFLICT (account_id, charge_id) DO UPDATE SET row_hash = excluded.row_hash WHERE "
        "charge.row_hash <> excluded.row_hash";
    EXPECT_EQ(heard(charge), "pay_payment the_end ");
    EXPECT_EQ(heard(charge), "pay_payment the_end ") << "by the statement, whatever it wrote";
    EXPECT_EQ(heard("UPDATE pay_private.charge SET disputed = true"), "pay_payment the_end ");
}

}  // namespace
}  // namespace paysync::test
