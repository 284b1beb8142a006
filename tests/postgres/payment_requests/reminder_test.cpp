// SPDX-License-Identifier: MIT
#include "tests/postgres/payment_requests/queue_fixture.hpp"

namespace paysync::payment_requests::store {
namespace {

class Reminders : public MailQueue {
protected:
    /// A request that is due in ten days, with reminders 3 days before and 2 days after.
    std::string request_due(const std::string& more = "") {
        return request(", due_on => current_date + 10, reminders => '{-3, 2}'" + more);
    }
    /// Sends what is due first.
    void send() {
        const auto [delivery, attempt] = begin();
        ASSERT_TRUE(commit(delivery, attempt.number));
        ASSERT_TRUE(accepted(delivery, attempt.number));
    }
    /// "number day time" of the queued reminders, in the company's time zone.
    std::string planned() {
        return run(
            "SELECT coalesce(string_agg(format('%s %s %s', number, local::date - current_date, "
            "to_char(local, 'HH24:MI')), ', ' ORDER BY number), 'none') "
            "FROM (SELECT number, next_attempt_at AT TIME ZONE pay_private.time_zone_of(company) "
            "AS local FROM pay_private.delivery WHERE kind = 'reminder' AND state = 'queued') d");
    }
    std::string at(const std::string& moment) {
        return run("SELECT pay_private.sending_time('acme', '" + moment + "') AT TIME ZONE 'UTC'");
    }
    std::string refused_with(const std::string& sql) {
        try {
            run(sql);
            return "accepted";
        } catch (const pqxx::sql_error& e) {
            return e.sqlstate();
        }
    }
};

TEST_F(Reminders, BeginWithThePayersOwnMail) {
    request_due(", cc => '{copy@example.com}'");
    const auto [delivery, attempt] = begin();
    EXPECT_EQ(planned(), "none");
    const auto copy = claim().at(0);
    const auto copied = open(opening_of(copy));
    ASSERT_TRUE(commit(copy, copied->number));
    ASSERT_TRUE(accepted(copy, copied->number));
    EXPECT_EQ(planned(), "none") << "the payer's mail is still on its way";
    ASSERT_TRUE(commit(delivery, attempt.number));
    ASSERT_TRUE(accepted(delivery, attempt.number));
    EXPECT_NE(planned(), "none");
}

TEST_F(Reminders, SurviveASecondSendingAndAManualReminder) {
    const auto id = request_due();
    // The first mail is refused; the second one is sent.
    const auto [delivery, attempt] = begin();
    ASSERT_TRUE(commit(delivery, attempt.number));
    call(&record_failed, delivery.delivery_id, attempt.number,
         AttemptEnd{"refused", 550, "550 no", "mail_refused"}, false);
    run("SELECT pay.resend_payment_request('" + id + "')");
    run("INSERT INTO pay_private.delivery (request_id, company, kind, recipient, number, state) "
        "SELECT request_id, company, 'reminder', to_email, 11, 'cancelled' FROM "
        "pay.payment_request");
    send();
    EXPECT_EQ(run("SELECT string_agg(number::text, ' ' ORDER BY number) FROM pay_private.delivery "
                  "WHERE kind = 'reminder' AND state = 'queued'"),
              "1 2");
}

TEST_F(Reminders, ComeBackWithARequestThatIsOpenAgain) {
    const auto id = request_due(", expires_at => now() + interval '1 hour'");
    send();
    const auto before = planned();
    run("SELECT pay_private.close_request('" + id + "', 'expired', 'expired', 'late')");
    EXPECT_EQ(planned(), "none");
    run("SELECT pay.change_payment_request_expiry('" + id + "', NULL)");
    EXPECT_EQ(planned(), before);
}

TEST_F(Reminders, AreMeantInTheCompanysTimeZoneAndHours) {
    run("SELECT pay.register_company('acme', time_zone => 'Asia/Tokyo', send_from => '08:00', "
        "send_until => '20:00')");
    const auto id = request_due();
    run("UPDATE pay_private.delivery SET created_at = created_at");
    send();
    EXPECT_EQ(
        run("SELECT bool_and(local::time BETWEEN '08:00' AND '19:59:59.999999' "
            "AND local::date IN (r.due_on - 3, r.due_on - 2, r.due_on + 2, r.due_on + 3))::text "
            "FROM (SELECT request_id, next_attempt_at AT TIME ZONE 'Asia/Tokyo' AS local "
            "FROM pay_private.delivery WHERE kind = 'reminder') d "
            "JOIN pay.payment_request r USING (request_id)"),
        "true");
    EXPECT_EQ(at("2026-06-01 03:00+00"), "2026-06-01 03:00:00") << "noon in Tokyo";
    EXPECT_EQ(at("2026-06-01 12:00+00"), "2026-06-01 23:00:00") << "21:00 in Tokyo";
    EXPECT_EQ(at("2026-06-01 18:00+00"), "2026-06-01 23:00:00") << "03:00 in Tokyo";
}

TEST_F(Reminders, DoNotFollowTheHourOfALateAcceptance) {
    const auto id = request_due(", send_after => current_date + time '09:30'");
    run("UPDATE pay_private.delivery SET next_attempt_at = now()");
    run("ALTER TABLE pay.payment_request DISABLE TRIGGER payment_request_fixed");
    run("UPDATE pay.payment_request SET created_at = current_date - 1 + time '07:00', send_after = "
        "current_date + time '09:30'");
    send();
    EXPECT_EQ(planned(), "1 7 09:30, 2 12 09:30");
}

TEST_F(Reminders, WaitForTheSendingHours) {
    request_due();
    send();
    run("UPDATE pay_private.delivery SET next_attempt_at = now() WHERE number = 1 AND kind = "
        "'reminder'");
    // Two hours that are not now.
    run("SELECT pay.register_company('acme', send_from => h.t, send_until => h.t + interval '1 "
        "hour') FROM (SELECT CASE WHEN extract(hour FROM now() AT TIME ZONE 'UTC') < 12 THEN time "
        "'20:00' ELSE time '02:00' END AS t) h");
    EXPECT_TRUE(claim().empty());
    EXPECT_EQ(run("SELECT (next_attempt_at = pay_private.sending_time('acme', now()))::text FROM "
                  "pay_private.delivery WHERE number = 1 AND kind = 'reminder'"),
              "true");
    run("SELECT pay.register_company('acme', send_from => '00:00', send_until => '24:00')");
    run("UPDATE pay_private.delivery SET next_attempt_at = now() WHERE number = 1 AND kind = "
        "'reminder'");
    EXPECT_EQ(claim().size(), 1U);
}

TEST_F(Reminders, ThatSomebodyAsksForHaveALeastDistance) {
    const auto id = request_due();
    send();
    const auto remind = "SELECT pay.remind_payment_request('" + id + "')";
    run(remind);
    send();
    EXPECT_EQ(refused_with(remind), "PY409");
    run("UPDATE pay_private.deployment SET remind_distance = '0'");
    EXPECT_EQ(refused_with(remind), "accepted");
    EXPECT_EQ(planned().substr(0, 2), "1 ") << "planned ones stay";
}

TEST_F(Reminders, OfMutedCompaniesAreNotPlanned) {
    run("SELECT pay.register_company('acme', muted_mails => '{reminder}')");
    request_due();
    send();
    EXPECT_EQ(planned(), "none");
}

TEST_F(Reminders, TheTimeZoneIsOneThatPostgresqlKnows) {
    EXPECT_EQ(refused_with("SELECT pay.register_company('acme', time_zone => 'Vienna')"), "PY400");
    EXPECT_EQ(refused_with("SELECT pay.register_company('acme', time_zone => 'Europe/Vienna')"),
              "accepted");
    EXPECT_EQ(refused_with("SELECT pay.register_company('acme', time_zone => 'localtime')"),
              "PY400");
    EXPECT_EQ(refused_with("SELECT pay.register_company('acme', send_from => '09:00')"), "PY400");
    EXPECT_EQ(refused_with("SELECT pay.register_company('acme', send_from => '09:00', send_until "
                           "=> '09:00:00.001')"),
              "PY400");
    EXPECT_EQ(refused_with("SELECT pay.register_company('acme', muted_mails => '{request}')"),
              "PY400");
}

TEST_F(Reminders, ADueDayIsOverdueInTheCompanysTimeZone) {
    request(", due_on => (now() AT TIME ZONE 'Pacific/Kiritimati')::date");
    EXPECT_EQ(claim().at(0).request.today, run("SELECT (now() AT TIME ZONE 'UTC')::date"));
    expire_leases();
    run("SELECT pay.register_company('acme', time_zone => 'Pacific/Kiritimati')");
    EXPECT_EQ(claim().at(0).request.today,
              run("SELECT (now() AT TIME ZONE 'Pacific/Kiritimati')::date"));
}

}  // namespace
}  // namespace paysync::payment_requests::store
