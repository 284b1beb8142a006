// SPDX-License-Identifier: MIT
#include "tests/postgres/payment_requests/queue_fixture.hpp"

#include <pqxx/except>

namespace paysync::payment_requests::store {
namespace {

/// The functions with which applications change a queued request.
class PaymentRequestCommands : public MailQueue {
protected:
    /// A request whose message was accepted.
    std::string sent(const std::string& more = "") {
        const auto id = request(more);
        const auto [mail, attempt] = begin();
        EXPECT_TRUE(commit(mail, attempt.number));
        EXPECT_TRUE(accepted(mail, attempt.number));
        return id;
    }
    std::string refused_with(const std::string& statement) {
        try {
            run(statement);
        } catch (const pqxx::sql_error& e) {
            return e.sqlstate();
        }
        return "accepted";
    }
    std::string links() {
        return run(
            "SELECT string_agg(link_id || ' ' || wanted_active || "
            "coalesce(' ' || deactivation_reason, ''), ', ' ORDER BY created_at, link_id) "
            "FROM pay_private.payment_link");
    }
    static std::string of(const std::string& function, const std::string& id) {
        return "SELECT pay." + function + "('" + id + "')";
    }
};

TEST_F(PaymentRequestCommands, ResendMakesANewLinkAndSwitchesTheOldOneOff) {
    const auto id = sent();
    const auto mail = run(of("resend_payment_request", id));
    EXPECT_EQ(run(of("resend_payment_request", id)), mail) << "it is on its way already";
    const auto link = "plink_" + id.substr(0, 8);
    EXPECT_EQ(links(), link + "_1 false replaced");
    const auto [second, attempt] = begin();
    EXPECT_EQ(second.number, 2);
    EXPECT_EQ(links(), link + "_1 false replaced, " + link + "_2 true");
    EXPECT_EQ(standing(id), "open/sending");
}

TEST_F(PaymentRequestCommands, ResendReopensARequestWhoseMessageWasRefused) {
    const auto id = request();
    const auto [mail, attempt] = begin();
    call(&record_failed, mail.delivery_id, attempt.number,
         AttemptEnd{"refused", 550, "550 no", "mail_refused"}, false);
    ASSERT_EQ(standing(id), "failed/failed");
    run(of("resend_payment_request", id));
    EXPECT_EQ(standing(id), "open/queued");
    run("UPDATE pay.payment_request SET state = 'paid'");
    EXPECT_EQ(refused_with(of("resend_payment_request", id)), "PY409");
    EXPECT_EQ(refused_with("SELECT pay.resend_payment_request(gen_random_uuid())"), "PY404");
}

TEST_F(PaymentRequestCommands, RemindKeepsTheLink) {
    const auto id = sent();
    const auto reminder = run(of("remind_payment_request", id));
    EXPECT_EQ(run(of("remind_payment_request", id)), reminder) << "one at a time";
    EXPECT_EQ(run("SELECT kind || ' ' || number FROM pay_private.delivery WHERE delivery_id = '" +
                  reminder + "'"),
              "reminder 11")
        << "the first ten numbers are those of planned reminders";
    const auto mail = claim().at(0);
    EXPECT_EQ(mail.kind, DeliveryKind::reminder);
    EXPECT_EQ(mail.request.link_id, "plink_" + id.substr(0, 8) + "_1");
    EXPECT_TRUE(open(opening_of(mail)).has_value());
    EXPECT_EQ(standing(id), "open/sent") << "the request's own mail is another one";
}

TEST_F(PaymentRequestCommands, CloseEndsARequestForSeveralPayers) {
    const auto id = request(", multi_party => true, max_payments => 3");
    EXPECT_EQ(run("SELECT max_payments FROM pay.payment_requests"), "3");
    EXPECT_EQ(run(of("close_payment_request", id)), "cancelled");
    EXPECT_EQ(standing(id), "cancelled/cancelled");
    EXPECT_EQ(run(of("close_payment_request", id)), "cancelled") << "once more does no harm";
    EXPECT_EQ(refused_with(of("close_payment_request", request())), "PY409");
    EXPECT_EQ(refused_with("SELECT pay.request_payment('acme', 'a@b.test', 1000, 'eur', 'x', "
                           "max_payments => 2)"),
              "PY400");
}

TEST_F(PaymentRequestCommands, RemindReturnsTheUnsentFirstDelivery) {
    const auto id = request();
    EXPECT_EQ(run(of("remind_payment_request", id)),
              run("SELECT delivery_id FROM pay_private.delivery"));
}

TEST_F(PaymentRequestCommands, ReplaceLinkMakesALinkWithoutADelivery) {
    const auto id = sent();
    run(of("replace_payment_link", id));
    EXPECT_TRUE(claim().empty()) << "no mail";
    const auto wanted =
        call(&claim_link_work, 10, std::string(), std::vector<std::string>(), 60.0).missing;
    ASSERT_EQ(wanted.size(), 1U);
    EXPECT_EQ(wanted[0].request_id, id);
    EXPECT_EQ(wanted[0].link_id, "");
    EXPECT_EQ(wanted[0].links_made, 1);
    EXPECT_TRUE(
        call(&claim_link_work, 10, std::string(), std::vector<std::string>(), 60.0).missing.empty())
        << "not twice at once";
    call(&record_replacement_link,
         NewLink{id, "plink_new", "https://buy.example/y", "acct_acme", 1000, false, {}});
    EXPECT_EQ(run("SELECT link_id FROM pay.payment_requests"), "plink_new");
    EXPECT_EQ(run("SELECT link_wanted_at IS NULL FROM pay.payment_request"), "t");
}

TEST_F(PaymentRequestCommands, ALaterExpiryReopensAnExpiredRequest) {
    const auto id = sent(", expires_at => now() + interval '1 hour'");
    run("UPDATE pay.payment_request SET expires_at = now() + interval '1 microsecond'");
    ASSERT_EQ(call(&expire_requests, 100, std::string()).expired, 1);
    const auto change = "SELECT pay.change_payment_request_expiry('" + id + "', ";
    EXPECT_EQ(refused_with(change + "now() - interval '1 day')"), "PY400");
    EXPECT_EQ(refused_with(change + "'2300-01-01')"), "PY400");
    EXPECT_EQ(run(change + "now() + interval '1 day')"), "open");
    EXPECT_EQ(standing(id), "open/sent");
    EXPECT_EQ(
        call(&claim_link_work, 10, std::string(), std::vector<std::string>(), 60.0).missing.size(),
        1U)
        << "its link was switched off";
    EXPECT_EQ(run(change + "NULL)"), "open");
    run("SELECT pay.cancel_payment_request('" + id + "')");
    EXPECT_EQ(refused_with(change + "NULL)"), "PY409");
}

TEST_F(PaymentRequestCommands, ALaterExpiryQueuesAnUnsentDeliveryAgain) {
    const auto id = request(", expires_at => now() + interval '1 hour'");
    run("UPDATE pay.payment_request SET expires_at = now() + interval '1 microsecond'");
    ASSERT_EQ(call(&expire_requests, 100, std::string()).expired, 1);
    run("SELECT pay.change_payment_request_expiry('" + id + "', NULL)");
    EXPECT_EQ(standing(id), "open/queued");
    EXPECT_EQ(claim().size(), 1U);
}

}  // namespace
}  // namespace paysync::payment_requests::store
