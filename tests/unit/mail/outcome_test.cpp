// SPDX-License-Identifier: MIT
#include "daemon/base/mail/outcome.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <fstream>
#include <string>

namespace paysync::mail {
namespace {

/// As if the server had sent the code and the status, and nobody else was refused.
const OutcomeRule& rule_of(TransactionEnd end) {
    end.topic = topic_of(std::to_string(end.code) + " " + end.status);
    return outcome_rule(end);
}

struct OutcomeCase {
    const char* situation;
    TransactionEnd end;
    Outcome outcome;
    PaceEffect pace;
};

TEST(SmtpOutcome, FollowsTheTableOfReplies) {
    const OutcomeCase cases[] = {
        {"taken",
         {EndedBy::success, Stage::dot, 250, ""},
         Outcome::accepted,
         PaceEffect::both_work},
        {"taken, in other words",
         {EndedBy::server, Stage::dot, 251, ""},
         Outcome::accepted,
         PaceEffect::both_work},
        {"refused connection",
         {EndedBy::server, Stage::connect, 0, ""},
         Outcome::account_down,
         PaceEffect::stop_account},
        {"listed at the greeting",
         {EndedBy::server, Stage::connect, 554, ""},
         Outcome::account_down,
         PaceEffect::stop_account},
        {"busy at the greeting",
         {EndedBy::server, Stage::connect, 421, ""},
         Outcome::throttled,
         PaceEffect::throttle_account},
        {"EHLO refused",
         {EndedBy::server, Stage::hello, 502, ""},
         Outcome::account_down,
         PaceEffect::stop_account},
        {"no STARTTLS",
         {EndedBy::server, Stage::hello, 250, ""},
         Outcome::account_down,
         PaceEffect::stop_account},
        {"bad certificate",
         {EndedBy::server, Stage::tls, 220, ""},
         Outcome::account_down,
         PaceEffect::stop_account},
        {"login refused",
         {EndedBy::server, Stage::login, 535, ""},
         Outcome::account_down,
         PaceEffect::stop_account},
        {"login not now",
         {EndedBy::server, Stage::login, 454, ""},
         Outcome::throttled,
         PaceEffect::throttle_account},
        {"login wanted at MAIL",
         {EndedBy::server, Stage::mail, 530, ""},
         Outcome::account_down,
         PaceEffect::stop_account},
        {"421 on a new connection",
         {EndedBy::server, Stage::mail, 421, ""},
         Outcome::throttled,
         PaceEffect::throttle_account},
        {"450 at RCPT",
         {EndedBy::server, Stage::rcpt, 450, "4.2.0"},
         Outcome::deferred,
         PaceEffect::slow_domain},
        {"too fast for a mailbox",
         {EndedBy::server, Stage::rcpt, 450, "4.2.1"},
         Outcome::throttled,
         PaceEffect::pause_domain},
        {"454 at RCPT",
         {EndedBy::server, Stage::rcpt, 454, ""},
         Outcome::deferred,
         PaceEffect::slow_domain},
        {"550 at MAIL",
         {EndedBy::server, Stage::mail, 550, ""},
         Outcome::account_down,
         PaceEffect::stop_account},
        {"too large, at MAIL",
         {EndedBy::server, Stage::mail, 552, "5.3.4"},
         Outcome::refused,
         PaceEffect::account_works},
        {"451 at MAIL",
         {EndedBy::server, Stage::mail, 451, "4.3.0"},
         Outcome::throttled,
         PaceEffect::throttle_account},
        {"too many recipients, of one",
         {EndedBy::server, Stage::rcpt, 452, "4.5.3"},
         Outcome::deferred,
         PaceEffect::none},
        {"mailbox full",
         {EndedBy::server, Stage::rcpt, 452, "4.2.2"},
         Outcome::deferred,
         PaceEffect::slow_domain},
        {"daily limit after the dot",
         {EndedBy::server, Stage::dot, 550, "5.4.5"},
         Outcome::deferred,
         PaceEffect::none},
        {"SPF at RCPT",
         {EndedBy::server, Stage::rcpt, 550, "5.7.23"},
         Outcome::deferred,
         PaceEffect::none},
        {"a bad sender, known at RCPT",
         {EndedBy::server, Stage::rcpt, 550, "5.1.8"},
         Outcome::deferred,
         PaceEffect::none},
        {"550 at RCPT",
         {EndedBy::server, Stage::rcpt, 550, "5.1.1"},
         Outcome::refused,
         PaceEffect::account_works},
        {"451 at DATA",
         {EndedBy::server, Stage::data, 451, ""},
         Outcome::deferred,
         PaceEffect::account_works},
        {"554 at DATA",
         {EndedBy::server, Stage::data, 554, ""},
         Outcome::refused,
         PaceEffect::account_works},
        {"nonsense at RCPT",
         {EndedBy::server, Stage::rcpt, 999, ""},
         Outcome::deferred,
         PaceEffect::account_works},
        {"cut after RCPT",
         {EndedBy::server, Stage::rcpt, 250, ""},
         Outcome::not_sent,
         PaceEffect::account_works},
        {"cut at MAIL",
         {EndedBy::server, Stage::mail, 0, ""},
         Outcome::not_sent,
         PaceEffect::account_works},
        {"cut in the body",
         {EndedBy::server, Stage::body, 0, ""},
         Outcome::not_sent,
         PaceEffect::account_works},
        {"451 after the dot",
         {EndedBy::server, Stage::dot, 451, ""},
         Outcome::deferred,
         PaceEffect::account_works},
        {"454 after the dot",
         {EndedBy::server, Stage::dot, 454, ""},
         Outcome::deferred,
         PaceEffect::account_works},
        {"421 after the dot",
         {EndedBy::server, Stage::dot, 421, ""},
         Outcome::deferred,
         PaceEffect::none},
        {"552 after the dot",
         {EndedBy::server, Stage::dot, 552, ""},
         Outcome::refused,
         PaceEffect::account_works},
        {"nonsense after the dot",
         {EndedBy::server, Stage::dot, 999, ""},
         Outcome::in_doubt,
         PaceEffect::account_works},
        {"silence after the dot",
         {EndedBy::server, Stage::dot, 0, ""},
         Outcome::in_doubt,
         PaceEffect::account_works},
        {"a stop before the dot",
         {EndedBy::us, Stage::body, 0, ""},
         Outcome::not_sent,
         PaceEffect::none},
        {"too large",
         {EndedBy::message, Stage::hello, 0, ""},
         Outcome::refused,
         PaceEffect::account_works},
        {"login wanted after the dot",
         {EndedBy::server, Stage::dot, 530, ""},
         Outcome::deferred,
         PaceEffect::none},
        {"421 in the body",
         {EndedBy::server, Stage::body, 421, ""},
         Outcome::not_sent,
         PaceEffect::account_works},
        {"nonsense in the body",
         {EndedBy::server, Stage::body, 100, ""},
         Outcome::deferred,
         PaceEffect::account_works},
    };
    for (const auto& example : cases) {
        const auto& rule = rule_of(example.end);
        EXPECT_STREQ(to_string(rule.outcome), to_string(example.outcome)) << example.situation;
        EXPECT_EQ(rule.pace, example.pace) << example.situation;
    }
}

TEST(SmtpOutcome, OfALostConnectionDependsOnWhetherItWasUsedBefore) {
    for (const int code : {0, 421}) {
        TransactionEnd end{EndedBy::server, Stage::mail, code, "", true};
        EXPECT_EQ(outcome_rule(end).delivery, DeliveryEffect::reconnect) << code;
        end.stage = Stage::body;
        EXPECT_EQ(outcome_rule(end).delivery, DeliveryEffect::deferred) << code;
    }
    const TransactionEnd busy{EndedBy::server, Stage::rcpt, 450, "", true};
    EXPECT_EQ(outcome_rule(busy).outcome, Outcome::deferred);
}

TEST(SmtpOutcome, SuppressesTheRecipientOnlyAfterAnUnknownMailbox) {
    for (const auto stage : {Stage::rcpt, Stage::dot}) {
        EXPECT_TRUE(outcome_rule({EndedBy::server, stage, 550, "5.1.1"}).suppresses);
        EXPECT_FALSE(outcome_rule({EndedBy::server, stage, 550, "5.7.1"}).suppresses);
        EXPECT_FALSE(outcome_rule({EndedBy::server, stage, 450, "4.1.1"}).suppresses);
    }
}

TEST(SmtpOutcome, ADeadAddressDoesNotCountForTheBreaker) {
    const auto breaker = [](Stage stage, int code, const char* status) {
        return rule_of({EndedBy::server, stage, code, status}).breaker;
    };
    EXPECT_EQ(breaker(Stage::rcpt, 550, "5.1.1"), Breaker::no);
    EXPECT_EQ(breaker(Stage::rcpt, 550, "5.1.10"), Breaker::no);
    EXPECT_EQ(breaker(Stage::dot, 552, "5.2.2"), Breaker::no);
    EXPECT_EQ(breaker(Stage::rcpt, 550, ""), Breaker::perhaps);
    EXPECT_EQ(breaker(Stage::rcpt, 554, ""), Breaker::yes);
    EXPECT_EQ(breaker(Stage::rcpt, 550, "5.7.1"), Breaker::yes);
    EXPECT_EQ(breaker(Stage::dot, 550, ""), Breaker::yes);
}

/// An ending that is just what the row asks for.
TransactionEnd example_of(const OutcomeRule& rule) {
    TransactionEnd end;
    end.by = rule.by;
    // The last of its stages: at MAIL, replies are about the sender.
    if (rule.stages != 0)
        end.stage = static_cast<Stage>(std::bit_width(rule.stages) - 1);
    end.code = rule.codes.empty() ? 0 : rule.codes.front().first;
    end.status = rule.statuses.empty() ? "" : rule.statuses.front();
    end.topic = rule.topic;
    end.spread = rule.spread;
    end.reused_connection = rule.reused_connection;
    return end;
}

TEST(SmtpOutcome, EveryRowDecidesAboutItsEnding) {
    for (const auto& rule : outcome_rules())
        EXPECT_EQ(&outcome_rule(example_of(rule)), &rule) << rule.ending;
}

std::string delivery_words(const OutcomeRule& rule) {
    switch (rule.delivery) {
        case DeliveryEffect::sent:
            return "`sent`";
        case DeliveryEffect::deferred:
            return "`deferred`";
        case DeliveryEffect::in_doubt:
            return "`in_doubt`; `deferred` with `on_in_doubt: resend`";
        case DeliveryEffect::failed:
            return std::string("`failed`, and its request") +
                   (rule.suppresses ? "; the address is suppressed" : "");
        case DeliveryEffect::ready:
            return "`ready`";
        case DeliveryEffect::reconnect:
            return "unchanged";
    }
    return "";
}

std::string next_attempt_words(const OutcomeRule& rule) {
    if (rule.delivery == DeliveryEffect::reconnect)
        return "at once, over a new connection";
    if (rule.delivery == DeliveryEffect::ready)
        return "by the next claim";
    if (rule.delivery == DeliveryEffect::in_doubt)
        return "with `resend`: back-off";
    const std::string until = rule.gives_up ? ", until `give_up_after`" : "";
    switch (rule.next_attempt) {
        case NextAttempt::none:
            return "–";
        case NextAttempt::after_back_off:
            return "back-off" + until;
        case NextAttempt::after_short_back_off:
            return "back-off from 30 s" + until;
        case NextAttempt::after_account_pause:
            return "after the account's pause" + until;
        case NextAttempt::after_domain_pause:
            return "after the domain's pause" + until;
    }
    return "";
}

std::string pace_words(const OutcomeRule& rule) {
    switch (rule.pace) {
        case PaceEffect::none:
            return "–";
        case PaceEffect::account_works:
            return "account works";
        case PaceEffect::both_work:
            return "both work";
        case PaceEffect::slow_domain:
            return "fewer messages at once to the domain";
        case PaceEffect::pause_domain:
            return "domain pauses: 30 s, doubling to 10 min";
        case PaceEffect::throttle_account:
            return "account pauses: 30 s, doubling to 10 min";
        case PaceEffect::stop_account:
            return "account pauses: 5 s, doubling to 5 min";
    }
    return "";
}

std::string breaker_words(const OutcomeRule& rule) {
    if (rule.outcome == Outcome::accepted)
        return "for it";
    switch (rule.breaker) {
        case Breaker::no:
            return "–";
        case Breaker::perhaps:
            return "perhaps against it";
        case Breaker::yes:
            return "against it";
    }
    return "";
}

std::string line_of(const OutcomeRule& rule) {
    const bool recorded = rule.delivery != DeliveryEffect::reconnect;
    return std::string("| ") + rule.ending + " | " +
           (recorded ? std::string("`") + to_string(rule.outcome) + "`" : "–") + " | " +
           delivery_words(rule) + " | " + next_attempt_words(rule) + " | " +
           (rule.counts ? "yes" : "no") + " | " + pace_words(rule) + " | " + breaker_words(rule) +
           " |";
}

TEST(SmtpOutcome, TableIsTheOneInTheDocs) {
    std::ifstream page(PAYSYNC_SOURCE_DIR "/docs/architecture.md");
    std::string found;
    int line_number = 0;
    for (std::string line; std::getline(page, line);) {
        if (line_number == 0 && !line.starts_with("| ending | outcome |"))
            continue;
        if (line.empty())
            break;
        if (++line_number > 2)
            found += line + "\n";
    }
    std::string expected;
    for (const auto& rule : outcome_rules())
        expected += line_of(rule) + "\n";
    EXPECT_EQ(found, expected) << "the rows of the table in docs/architecture.md are:\n"
                               << expected;
}

}  // namespace
}  // namespace paysync::mail
