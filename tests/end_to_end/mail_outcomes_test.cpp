// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/test_ca.hpp"
#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>

/// Every way in which a mail server can end a transaction, at every stage, with the resulting
/// states of the delivery and its request.
namespace paysync::test {
namespace {

using smtp_sim::Act;
using smtp_sim::Stage;

const std::string kManyLines = [] {
    std::string lines;
    for (int i = 0; i < 10000; ++i)
        lines += "450-4.3.2 line\r\n";
    return lines + "450 4.3.2 end\r\n";
}();

/// A rule that acts once, the outcome that the attempt records, and the resulting states of
/// delivery and request. A `deferred` delivery is sent at the next attempt.
struct Case {
    const char* name;
    Stage stage;
    Act act;
    int code;
    std::string text;
    const char* outcome;
    const char* standing;
    int put_off = 0;          // counted against the mail
    bool suppressed = false;  // the recipient from now on
};

const Case kCases[] = {
    {"greeting 421", Stage::connect, Act::reply, 421, "4.3.2 busy", "throttled", "open/deferred"},
    {"greeting 554", Stage::connect, Act::reply, 554, "no", "account_down", "open/deferred"},
    {"greeting cut", Stage::connect, Act::cut_before_reply, 0, "", "account_down", "open/deferred"},
    {"greeting silent", Stage::connect, Act::never_answer, 0, "", "account_down", "open/deferred"},
    {"hello 421", Stage::ehlo, Act::reply, 421, "4.3.2 busy", "throttled", "open/deferred"},
    {"hello cut", Stage::ehlo, Act::cut_before_reply, 0, "", "account_down", "open/deferred"},
    {"hello silent", Stage::ehlo, Act::never_answer, 0, "", "account_down", "open/deferred"},
    {"mail 421", Stage::mail, Act::reply, 421, "4.7.0 slow down", "throttled", "open/deferred"},
    {"mail 450", Stage::mail, Act::reply, 450, "4.7.1 later", "throttled", "open/deferred"},
    {"mail 451", Stage::mail, Act::reply, 451, "4.3.0 later", "throttled", "open/deferred"},
    {"mail 452", Stage::mail, Act::reply, 452, "4.3.1 full", "throttled", "open/deferred"},
    {"mail 454", Stage::mail, Act::reply, 454, "4.7.0 throttled", "throttled", "open/deferred"},
    {"mail 530", Stage::mail, Act::reply, 530, "5.7.0 login", "account_down", "open/deferred"},
    {"mail 550", Stage::mail, Act::reply, 550, "5.7.1 no", "account_down", "open/deferred"},
    {"mail 552", Stage::mail, Act::reply, 552, "5.3.4 size", "refused", "failed/failed"},
    {"mail 999", Stage::mail, Act::reply, 999, "what", "deferred", "open/deferred", 1},
    {"mail cut", Stage::mail, Act::cut_before_reply, 0, "", "not_sent", "open/deferred", 1},
    {"mail silent", Stage::mail, Act::never_answer, 0, "", "not_sent", "open/deferred", 1},
    {"rcpt 421", Stage::rcpt, Act::reply, 421, "4.7.0 slow down", "deferred", "open/deferred", 1},
    {"rcpt 450", Stage::rcpt, Act::reply, 450, "4.2.0 greylisted", "deferred", "open/deferred", 1},
    {"rcpt 4.2.1", Stage::rcpt, Act::reply, 450, "4.2.1 too fast", "throttled", "open/deferred"},
    {"rcpt 451", Stage::rcpt, Act::reply, 451, "4.3.0 later", "deferred", "open/deferred", 1},
    {"rcpt 452", Stage::rcpt, Act::reply, 452, "4.2.2 full", "deferred", "open/deferred", 1},
    {"rcpt 454", Stage::rcpt, Act::reply, 454, "4.7.0 throttled", "deferred", "open/deferred", 1},
    {"rcpt 550 5.1.1", Stage::rcpt, Act::reply, 550, "5.1.1 unknown", "refused", "failed/failed", 0,
     true},
    {"rcpt 550", Stage::rcpt, Act::reply, 550, "5.7.1 no", "refused", "failed/failed"},
    {"rcpt 554", Stage::rcpt, Act::reply, 554, "5.7.1 no", "refused", "failed/failed"},
    {"rcpt 571", Stage::rcpt, Act::reply, 571, "no", "refused", "failed/failed"},
    {"rcpt no text", Stage::rcpt, Act::reply, 550, "", "refused", "failed/failed"},
    {"rcpt 10,000 lines", Stage::rcpt, Act::reply, 450, kManyLines, "deferred", "open/deferred", 1},
    {"rcpt 1 MB", Stage::rcpt, Act::reply, 550, std::string(1 << 20, 'x'), "not_sent",
     "open/deferred", 1},
    {"rcpt cut", Stage::rcpt, Act::cut_before_reply, 0, "", "not_sent", "open/deferred", 1},
    {"data 421", Stage::data, Act::reply, 421, "4.7.0 slow down", "deferred", "open/deferred", 1},
    {"data 451", Stage::data, Act::reply, 451, "4.3.0 later", "deferred", "open/deferred", 1},
    {"data 554", Stage::data, Act::reply, 554, "5.6.0 no", "refused", "failed/failed"},
    {"data cut", Stage::data, Act::cut_before_reply, 0, "", "not_sent", "open/deferred", 1},
    {"dot 250 without text", Stage::dot, Act::reply, 250, "", "accepted", "open/sent"},
    {"dot 251", Stage::dot, Act::reply, 251, "forwarded", "accepted", "open/sent"},
    {"dot 421", Stage::dot, Act::reply, 421, "4.3.2 closing", "deferred", "open/deferred", 1},
    {"dot 450", Stage::dot, Act::reply, 450, "4.2.0 later", "deferred", "open/deferred", 1},
    {"dot 451", Stage::dot, Act::reply, 451, "4.3.0 later", "deferred", "open/deferred", 1},
    {"dot 452", Stage::dot, Act::reply, 452, "4.3.1 full", "deferred", "open/deferred", 1},
    {"dot 454", Stage::dot, Act::reply, 454, "Throttling failure", "deferred", "open/deferred", 1},
    {"dot 550", Stage::dot, Act::reply, 550, "5.7.1 spam", "refused", "failed/failed"},
    {"dot 552", Stage::dot, Act::reply, 552, "5.3.4 size", "refused", "failed/failed"},
    {"dot 554", Stage::dot, Act::reply, 554, "5.7.1 spam", "refused", "failed/failed"},
    {"dot daily limit", Stage::dot, Act::reply, 550, "5.4.5 daily limit", "deferred",
     "open/deferred", 1},
    {"dot blocked", Stage::dot, Act::reply, 554, "5.7.1 blocked", "deferred", "open/deferred", 1},
    {"rcpt 4.5.3", Stage::rcpt, Act::reply, 452, "4.5.3 too many", "deferred", "open/deferred", 1},
    {"dot 999", Stage::dot, Act::cut_after_reply, 999, "what", "in_doubt", "open/in_doubt"},
    {"dot cut", Stage::dot, Act::cut_before_reply, 0, "", "in_doubt", "open/in_doubt"},
    {"dot silent", Stage::dot, Act::never_answer, 0, "", "in_doubt", "open/in_doubt"},
    {"taken and cut", Stage::accepted, Act::cut_before_reply, 0, "", "in_doubt", "open/in_doubt"},
    {"quit cut", Stage::quit, Act::cut_before_reply, 0, "", "accepted", "open/sent"},
    {"quit silent", Stage::quit, Act::never_answer, 0, "", "accepted", "open/sent"},
    {"quit 500", Stage::quit, Act::reply, 500, "no", "accepted", "open/sent"},
};

smtp_sim::Rule rule_of(const Case& example) {
    smtp_sim::Rule rule;
    rule.stage = example.stage;
    rule.act = example.act;
    rule.times = 1;
    if (example.code == 0)
        return rule;
    rule.reply = smtp_sim::Reply{example.code, example.text};
    if (example.text == kManyLines)
        rule.reply->raw = kManyLines;
    if (example.text.empty())
        rule.reply->raw = std::to_string(example.code) + "\r\n";
    return rule;
}

std::string of_request(const std::string& request, const std::string& what) {
    return "(SELECT " + what + " FROM pay.payment_requests r JOIN pay_private.delivery d " +
           "USING (request_id) LEFT JOIN pay_private.delivery_attempt t ON t.delivery_id = " +
           "d.delivery_id AND t.attempt = 1 WHERE r.request_id = '" + request + "')";
}

TEST(MailOutcome, FollowsTheTableAtEveryStage) {
    Scenario world;
    // Every message has its own connection, and a deferred delivery stays so until the test makes
    // it due.
    world.configure_smtp("tls: none\n  max_messages: 1\n  timeout: 10s\n  dot_timeout: 10s");
    world.configure_payment_requests("first_retry: 24h\n    last_retry: 24h");
    world.start();
    world.connect_company("bakery");
    int number = 0;
    for (const auto& example : kCases) {
        SCOPED_TRACE(example.name);
        world.smtp().clear_rules();
        const auto rule = world.smtp().add_rule(rule_of(example));
        const auto address = "client" + std::to_string(++number) + "@example.com";
        const auto request = world.request("bakery", address);
        world.wait_for(of_request(request, "t.finished_at IS NOT NULL"));
        EXPECT_EQ(world.sql(of_request(request, "t.outcome")).substr(0, 20), example.outcome)
            << world.sql(of_request(request, "t.smtp_reply"));
        EXPECT_LE(world.sql(of_request(request, "t.smtp_reply")).size(), 600U);
        EXPECT_EQ(world.sql(of_request(request, "d.put_off")), std::to_string(example.put_off));
        EXPECT_EQ(world.sql("SELECT count(*) FROM pay.suppression WHERE email = '" + address + "'"),
                  example.suppressed ? "1" : "0");
        const auto delivered = [&] {
            return world.smtp().accepted_with_header("X-Paysync-Request", request).count;
        };
        if (std::string(example.standing) != "open/deferred") {
            world.wait_for(of_request(
                request, std::string("r.state || '/' || d.state = '") + example.standing + "'"));
            EXPECT_EQ(delivered(), std::string(example.standing) == "open/sent" ||
                                           example.stage == Stage::accepted
                                       ? 1U
                                       : 0U);
        } else {
            // Nothing was lost: it is sent once it is due, and once only.
            world.sql(
                "UPDATE pay_private.delivery SET next_attempt_at = now() WHERE request_id = '" +
                request + "' AND state = 'deferred'");
            world.wait_for(of_request(request, "d.state = 'sent'"));
            EXPECT_EQ(delivered(), 1U);
        }
        if (example.stage != Stage::quit) {
            EXPECT_EQ(world.smtp().acted(rule), 1U);
        }
    }
    EXPECT_EQ(world.stop(), 0) << world.log();
}

TEST(MailOutcome, AConnectionCutInsideTheMessageIsRetried) {
    Scenario world;
    world.configure_leases("duration: 60s, renew: 20s");  // so large a mail takes its time
    world.configure_payment_requests("first_retry: 24h\n    last_retry: 24h");
    world.start();
    world.connect_company("bakery");
    // Larger than the socket buffers, so that its end is not sent when the server closes the
    // connection.
    const auto file = world.sql(
        "INSERT INTO pay.collect_payment_file (company, name, media_type, content) VALUES "
        "('bakery', "
        "'a.txt', 'text/plain', convert_to(repeat('0123456789', 700000), 'UTF8')) RETURNING "
        "file_id");
    smtp_sim::Rule cut;
    cut.stage = Stage::body;
    cut.after_bytes = 1000;
    cut.act = Act::cut_before_reply;
    cut.times = 1;
    world.smtp().add_rule(cut);
    const auto request = world.sql(
        "SELECT pay.request_payment('bakery', 'client@example.com', 1250, 'usd', 'Invoice', "
        "collect_payment_file_id => '" +
        file + "')");
    world.wait_for(of_request(request, "t.finished_at IS NOT NULL"));
    EXPECT_EQ(world.sql(of_request(request, "t.outcome")), "not_sent");
    EXPECT_EQ(world.sql(of_request(request, "(t.committing_at IS NULL)::text")), "true");
    EXPECT_EQ(world.sql(of_request(request, "d.put_off")), "1");
    world.sql("UPDATE pay_private.delivery SET next_attempt_at = now() WHERE state = 'deferred'");
    world.wait_for(of_request(request, "d.state = 'sent'"));
    EXPECT_EQ(world.smtp().accepted_with_header("X-Paysync-Request", request).count, 1U);
    EXPECT_EQ(world.stop(), 0) << world.log();
}

TEST(MailOutcome, RepeatedDeferralsEndWithAFailedRequest) {
    Scenario world;
    world.configure_payment_requests("first_retry: 1s\n    last_retry: 1s\n    give_up_after: 1m");
    world.start();
    world.connect_company("bakery");
    smtp_sim::Rule later;
    later.stage = Stage::rcpt;
    later.reply = smtp_sim::Reply{451, "4.3.0 later"};
    world.smtp().add_rule(later);
    const auto request = world.request("bakery", "client@example.com");
    world.wait_for(of_request(request, "d.put_off > 1"));
    EXPECT_EQ(world.sql(of_request(request, "d.state")), "deferred");
    world.sql("UPDATE pay_private.message SET frozen_at = now() - interval '61 seconds'");
    world.wait_for(of_request(request, "r.state = 'failed'"));
    EXPECT_EQ(world.sql(of_request(request, "d.reason_code")), "mail_given_up");
    world.smtp().clear_rules();
    world.sql("SELECT pay.resend_payment_request('" + request + "')");
    world.wait_for("(SELECT state = 'open' AND delivery = 'sent' FROM pay.payment_requests)");
}

TEST(MailOutcome, ADeliveryInDoubtIsRepeatedWithTheSameBytesIfConfigured) {
    Scenario world;
    world.configure_payment_requests(
        "first_retry: 1s\n    last_retry: 1s\n    on_in_doubt: resend");
    world.start();
    world.connect_company("bakery");
    smtp_sim::Rule cut;
    cut.stage = Stage::accepted;
    cut.act = Act::cut_before_reply;
    cut.times = 1;
    world.smtp().add_rule(cut);
    const auto request = world.request("bakery", "client@example.com");
    world.wait_for(of_request(request, "d.state = 'sent'"));
    const auto delivered = world.smtp().accepted_with_header("X-Paysync-Request", request);
    EXPECT_EQ(delivered.count, 2U);
    EXPECT_TRUE(delivered.identical) << "a mail server may tell that it has it already";
}

}  // namespace
}  // namespace paysync::test
