// SPDX-License-Identifier: MIT
#include "tests/postgres/payment_requests/queue_fixture.hpp"

#include <chrono>
#include <optional>

namespace paysync::payment_requests::store {
namespace {

TEST_F(MailQueue, ClaimsEachDeliveryOnceWithItsContent) {
    const auto id = request(", cc => '{c@example.com}', metadata => '{\"order\": 7}'");
    const auto first = claim();
    ASSERT_EQ(first.size(), 1U);
    const auto& asked = first[0].request;
    EXPECT_EQ(asked.request_id, id);
    EXPECT_EQ(asked.account_id, "acct_acme");
    EXPECT_EQ(asked.stage, "completed");
    EXPECT_EQ(asked.cc, std::vector<std::string>{"c@example.com"});
    EXPECT_EQ(asked.metadata.at(0).second, "7");
    EXPECT_EQ(asked.company_email, "pay@acme.test");
    EXPECT_EQ(first[0].recipient, "p@example.com");
    EXPECT_FALSE(first[0].frozen);
    EXPECT_TRUE(claim().empty()) << "it is leased";
    expire_leases();
    const auto second = claim();
    ASSERT_EQ(second.size(), 1U);
    EXPECT_GT(second[0].token, first[0].token);
}

TEST_F(MailQueue, FreezesTheBytesOncePerLink) {
    const auto id = request();
    const auto [mail, attempt] = begin();
    EXPECT_EQ(attempt.bytes, "") << "the worker has them";
    expire_leases();
    auto again = claim().at(0);
    EXPECT_TRUE(again.frozen) << "nobody has to compose it again";
    EXPECT_EQ(open(opening_of(again))->bytes, kBytes);

    // The company reconnected after a disconnect: the old link is inactive, and the message was
    // never sent.
    run("UPDATE pay_private.payment_link SET wanted_active = false");
    EXPECT_FALSE(open(opening_of(again)).has_value()) << "the mail has the old link";
    expire_leases();
    again = claim().at(0);
    EXPECT_FALSE(again.frozen);
    EXPECT_TRUE(open(opening_of(again, "other bytes")).has_value());
    EXPECT_EQ(run("SELECT (bytes = 'other bytes'::bytea) || ' ' || link_id || ' ' || messages FROM "
                  "pay_private.delivery JOIN pay_private.message USING (message_key)"),
              "true plink_" + id.substr(0, 8) + "_2 2");
}

TEST_F(MailQueue, EachCopyIsItsOwnDeliveryWithTheSameBytes) {
    request(", cc => '{c@example.com,P@example.com,C@EXAMPLE.com,d@example.com}'");
    begin();
    EXPECT_EQ(run("SELECT string_agg(recipient || ' ' || state || ' ' || (message_key = (SELECT "
                  "message_key "
                  "FROM pay_private.delivery WHERE recipient = 'p@example.com')), ', ' ORDER BY "
                  "lower(recipient)) FROM pay_private.delivery WHERE recipient <> 'p@example.com'"),
              "c@example.com ready true, d@example.com ready true")
        << "nobody gets it twice";
    const auto copies = claim();
    ASSERT_EQ(copies.size(), 2U);
    EXPECT_TRUE(copies[0].frozen);
    EXPECT_EQ(open(opening_of(copies[0]))->bytes, kBytes);
}

TEST_F(MailQueue, AWorkerWithoutItsLeaseChangesNothing) {
    const auto id = request();
    const auto [late, late_attempt] = begin();
    expire_leases();
    const auto [current, attempt] = begin();
    EXPECT_EQ(attempt.number, late_attempt.number + 1);
    const AttemptEnd answer{"deferred", 451, "later"};

    EXPECT_FALSE(commit(late, late_attempt.number));
    EXPECT_FALSE(open(opening_of(late)).has_value());
    EXPECT_FALSE(
        call(&fail_delivery, late.delivery_id, late.token, std::string("x"), std::string("y")));
    EXPECT_FALSE(
        call(&postpone, late.delivery_id, late.token, 5.0, std::string("x"), std::string("y")));
    EXPECT_FALSE(call(&record_deferred, late.delivery_id, late_attempt.number, answer, 5.0, true));
    EXPECT_FALSE(call(&record_ready, late.delivery_id, late_attempt.number, answer));
    EXPECT_EQ(standing(id), "open/sending");
    EXPECT_TRUE(commit(current, attempt.number));
    EXPECT_TRUE(accepted(current, attempt.number));
    EXPECT_EQ(standing(id), "open/sent");
}

TEST_F(MailQueue, APassDoesNotReclaimItsOwnDeliveries) {
    request();
    ASSERT_EQ(claim().size(), 1U);
    expire_leases();
    const auto again = [&](std::int64_t token) {
        return call(&claim_due, token, lines(), std::vector<std::string>(), 60.0, std::string("d1"))
            .deliveries.size();
    };
    EXPECT_EQ(again(token_), 0U) << "although its lease is over";
    EXPECT_EQ(again(call(&leases::new_token)), 1U) << "another pass may";
}

TEST_F(MailQueue, AnExpiredLeaseForbidsTheDot) {
    request();
    const auto [mail, attempt] = begin();
    expire_leases();
    EXPECT_FALSE(commit(mail, attempt.number)) << "another daemon may take the row at any moment";
}

TEST_F(MailQueue, ACancelledRequestForbidsTheDot) {
    const auto id = request();
    const auto [mail, attempt] = begin();
    run("SELECT pay.cancel_payment_request('" + id + "')");
    EXPECT_FALSE(commit(mail, attempt.number));
    EXPECT_FALSE(open(opening_of(mail)).has_value());
    EXPECT_EQ(
        call(&claim_link_work, 10, std::string(), std::vector<std::string>(), 60.0).unwanted.size(),
        1U);
    EXPECT_TRUE(call(&claim_link_work, 10, std::string(), std::vector<std::string>(), 60.0)
                    .unwanted.empty())
        << "not twice at once";
}

TEST_F(MailQueue, ItemsOfABatchAreDecidedIndependently) {
    const auto closed = request(), open_one = request();
    const auto mails = claim();
    ASSERT_EQ(mails.size(), 2U);
    run("SELECT pay.cancel_payment_request('" + closed + "')");
    const auto attempts =
        call(&open_attempts, std::vector<NewAttempt>{opening_of(mails[0]), opening_of(mails[1])});
    for (std::size_t i = 0; i < mails.size(); ++i)
        EXPECT_EQ(attempts.at(i).attempt.has_value(), mails[i].request.request_id == open_one);
    EXPECT_EQ(run("SELECT wanted_active FROM pay_private.payment_link WHERE request_id = '" +
                  closed + "'"),
              "f")
        << "a link that exists at Stripe is never forgotten";
}

TEST_F(MailQueue, AnAbandonedTransmissionIsInDoubtUntilAnOperatorOrAPaymentSettlesIt) {
    for (const std::string end : {"sent", "resend", "late answer", "paid"}) {
        SCOPED_TRACE(end);
        const auto id = request();
        const auto [mail, attempt] = begin();
        ASSERT_TRUE(commit(mail, attempt.number));
        if (end == "paid")
            run("UPDATE pay.payment_request SET state = 'paid', amount_paid = amount WHERE "
                "request_id = '" +
                id + "'");
        EXPECT_TRUE(call(&settle_abandoned, false).empty()) << "not while the lease holds";
        expire_leases();
        const auto doubtful = call(&settle_abandoned, false);
        if (end == "paid") {
            EXPECT_TRUE(doubtful.empty());
            EXPECT_EQ(standing(id), "paid/sent");
            continue;
        }
        ASSERT_EQ(doubtful.size(), 1U);
        EXPECT_EQ(doubtful[0].request_id, id);
        EXPECT_EQ(standing(id), "open/in_doubt");
        EXPECT_TRUE(claim().empty()) << "nobody repeats it";
        if (end == "late answer") {
            EXPECT_TRUE(accepted(mail, attempt.number));
            EXPECT_EQ(standing(id), "open/sent");
            continue;
        }
        EXPECT_EQ(call(&resolve_in_doubt, end == "sent" ? id : mail.delivery_id, end == "sent"), 1);
        EXPECT_EQ(call(&resolve_in_doubt, id, true), 0) << "only once";
        EXPECT_EQ(standing(id), end == "sent" ? "open/sent" : "open/deferred");
        run("SELECT pay.cancel_payment_request('" + id + "')");
    }
}

TEST_F(MailQueue, AnAbandonedTransmissionIsRequeuedIfConfigured) {
    const auto id = request();
    const auto [mail, attempt] = begin();
    ASSERT_TRUE(commit(mail, attempt.number));
    expire_leases();
    EXPECT_EQ(call(&settle_abandoned, true).size(), 1U);
    EXPECT_EQ(standing(id), "open/deferred");
    EXPECT_EQ(begin().second.bytes, kBytes) << "with the same bytes";
}

TEST_F(MailQueue, ASecondLinkIsRecordedAsUnwanted) {
    request();
    const auto [mail, attempt] = begin();
    auto second = opening_of(mail);
    second.link = NewLink{mail.request.request_id,
                          "plink_second",
                          "https://buy.example/y",
                          "acct_acme",
                          1250,
                          false,
                          {}};
    open(second);
    EXPECT_EQ(
        run("SELECT wanted_active FROM pay_private.payment_link WHERE link_id = 'plink_second'"),
        "f");
}

TEST_F(MailQueue, ARefusalFailsTheRequestAndAnUnknownAddressIsSuppressed) {
    const auto id = request();
    const auto [mail, attempt] = begin();
    EXPECT_TRUE(call(&record_failed, mail.delivery_id, attempt.number,
                     AttemptEnd{"refused", 550, "550 5.1.1 unknown", "mail_refused"}, true));
    EXPECT_EQ(standing(id), "failed/failed");
    EXPECT_EQ(run("SELECT wanted_active FROM pay_private.payment_link"), "f");
    request();
    EXPECT_TRUE(claim().at(0).suppressed);
}

TEST_F(MailQueue, ARefusedCopyLeavesTheRequestOpen) {
    const auto id = request(", cc => '{c@example.com}'");
    begin();
    const auto copy = claim().at(0);
    const auto attempt = open(opening_of(copy));
    EXPECT_TRUE(call(&record_failed, copy.delivery_id, attempt->number,
                     AttemptEnd{"refused", 550, "550 no", "mail_refused"}, false));
    EXPECT_EQ(standing(id), "open/sending");
}

TEST_F(MailQueue, ExpiresRequestsThatWereNotPaidInTime) {
    const auto id = request(", expires_at => now() + interval '1 hour'");
    EXPECT_EQ(call(&expire_requests, 100, std::string()).expired, 0);
    run("UPDATE pay.payment_request SET expires_at = now() + interval '1 microsecond'");
    EXPECT_EQ(call(&expire_requests, 100, std::string()).expired, 1);
    EXPECT_EQ(standing(id), "expired/cancelled");
}

TEST_F(MailQueue, AMailThatMissedTheEndOfItsRequestIsCancelledWhenItIsPutOff) {
    const auto id = request(", expires_at => now() + interval '1 hour'");
    const auto mail = claim().at(0);
    // As when its outcome was recorded while the request expired, so that neither saw the other.
    run("UPDATE pay_private.delivery SET state = 'committing', message_key = 1");
    run("UPDATE pay.payment_request SET expires_at = now() + interval '1 microsecond'");
    EXPECT_EQ(call(&expire_requests, 100, std::string()).expired, 1);
    run("UPDATE pay_private.delivery SET state = 'deferred'");
    EXPECT_EQ(standing(id), "expired/deferred");
    EXPECT_TRUE(call(&postpone, mail.delivery_id, mail.token, 3600.0,
                     std::string("payment_under_way"), std::string("x")));
    EXPECT_EQ(standing(id), "expired/cancelled");
    EXPECT_EQ(run("SELECT count(next_attempt_at) + count(reason_code) FROM pay_private.delivery"),
              "0");
}

TEST_F(MailQueue, HeldDeliveriesAreDueWhenTheIntegrationIsCompleted) {
    request();
    const auto mail = claim().at(0);
    EXPECT_TRUE(call(&postpone, mail.delivery_id, mail.token, 3600.0,
                     std::string("company_not_ready"), std::string("x")));
    EXPECT_TRUE(claim().empty());
    run("SELECT pay_private.record_stage('acct_acme', 'incomplete', 'x', 'merchant', 'test', 'r')");
    EXPECT_TRUE(claim().empty());
    run("SELECT pay_private.record_stage('acct_acme', 'completed', 'enabled', 'none', 'test', "
        "'r')");
    EXPECT_EQ(claim().size(), 1U);
}

TEST_F(MailQueue, CompaniesTakeTurns) {
    connect("berta");
    connect("carla");
    run("INSERT INTO pay.payment_request (company, to_email, amount, currency, description, "
        "priority) SELECT 'acme', 'p@example.com', 100, 'eur', 'x', i % 3 FROM "
        "generate_series(1, 1000) i");
    request("", "berta");
    request("", "carla");
    std::map<std::string, int> served;
    std::string after;
    for (int round = 0; round < 2; ++round) {
        const auto token = call(&leases::new_token);
        const auto turn = call(&claim_due, token, lines(4, after), std::vector<std::string>(), 60.0,
                               std::string("d1"));
        after = turn.lines.at(0).after;
        for (const auto& mail : turn.deliveries)
            ++served[mail.request.company];
    }
    EXPECT_EQ(served["berta"], 1) << "although a thousand are older";
    EXPECT_EQ(served["carla"], 1);
    EXPECT_EQ(served["acme"], 4) << "the rest of each turn";
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.delivery WHERE company = 'acme' AND "
                  "lease_token IS NOT NULL AND priority < 2"),
              "0")
        << "the urgent first";
}

TEST_F(MailQueue, ACompanyWhoseAccountDoesNotAnswerLeavesPlacesToTheOthers) {
    connect("zoe");
    for (int i = 0; i < 20; ++i)
        request();
    const auto token = call(&leases::new_token);
    const auto claimed = [&](int wanted, const std::vector<std::string>& busy) {
        return call(&claim_due, token, lines(wanted), busy, 60.0, std::string("d1"))
            .deliveries.size();
    };
    EXPECT_EQ(claimed(16, {}), 16U);
    EXPECT_EQ(claimed(16, {"acme"}), 0U);
    request("", "zoe");
    EXPECT_EQ(claimed(16, {"acme"}), 1U);
}

TEST_F(MailQueue, DeliveriesOfNextWeekCostAClaimNothing) {
    run("SELECT pay.register_company('c' || i) FROM generate_series(1, 2000) i;"
        "INSERT INTO pay.payment_request (company, to_email, amount, currency, description, "
        "send_after) SELECT 'c' || i, 'p@example.com', 100, 'eur', 'x', now() + interval '7 days' "
        "FROM generate_series(1, 2000) i");
    connect("zoe");
    for (int i = 0; i < 40; ++i)
        request("", i < 30 ? "zoe" : "acme");
    run("ANALYZE pay_private.delivery");
    pqxx::nontransaction tx(connection_);
    tx.exec("SET enable_seqscan = off");
    std::string pages;
    for (const auto& row :
         tx.exec("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) SELECT * FROM "
                 "pay_private.due_in_line('', 16, '', '{}')"))
        pages += row[0].as<std::string>() + "\n";
    // 2,000 companies would need 6,000 pages.
    EXPECT_LT(pages.find("shared hit="), pages.size()) << pages;
    EXPECT_LT(std::stoi(pages.substr(pages.find("shared hit=") + 11)), 600) << pages;
    tx.commit();
    EXPECT_EQ(claim(16).size(), 16U) << "a full share, although most companies have nothing due";
    run("UPDATE pay_private.delivery SET next_attempt_at = now() - interval '1 second' WHERE "
        "company = 'c7'");
    std::size_t theirs = 0;
    for (const auto& mail : claim(40))
        theirs += mail.request.company == "c7";
    EXPECT_EQ(theirs, 1U) << "as soon as it is due";
}

TEST_F(MailQueue, WhatBecomesDueIsFoundByTheNextClaim) {
    request(", send_after => now() + interval '1 hour'");
    EXPECT_EQ(run("SELECT due FROM pay_private.delivery"), "f");
    EXPECT_TRUE(claim().empty());
    // As time does it: next_attempt_at comes, and nobody writes the row.
    run("ALTER TABLE pay_private.delivery DISABLE TRIGGER delivery_due");
    run("UPDATE pay_private.delivery SET next_attempt_at = now()");
    EXPECT_EQ(run("SELECT due FROM pay_private.delivery"), "f");
    EXPECT_EQ(claim().size(), 1U);
}

}  // namespace
}  // namespace paysync::payment_requests::store
