// SPDX-License-Identifier: MIT
#include "daemon/base/mail/outcome.hpp"

#include <gtest/gtest.h>

#include <string>

namespace paysync::mail {
namespace {

TEST(SmtpReply, ARefusalOfUsIsKnownByItsWords) {
    const char* about_us[] = {
        "554 5.7.1 Message blocked due to policy",
        "550 5.7.1 Our system has detected that your sending rate is too high",
        "550 Daily message quota of your account is used up",
        "550 5.7.1 Relaying denied",
        "554 5.7.1 Service unavailable; client host [192.0.2.1] blocked using zen.spamhaus.org",
        "451 4.7.1 Too many messages from your network",
        "550-5.7.1 [192.0.2.1] Your IP has a very low reputation",
        "550 SPF check failed",
        "553 5.7.1 Sender address rejected: not owned by user",
        "454 4.7.1 Relay access denied",
        "421 4.7.0 closing",
        "530 5.7.0 authentication needed",
    };
    for (const auto* reply : about_us) {
        TransactionEnd end{EndedBy::server, Stage::dot, std::stoi(reply), enhanced_status(reply)};
        end.topic = topic_of(reply);
        // One recipient: nobody else waits, and the delivery does not wait for ever.
        const auto& of_one = outcome_rule(end);
        EXPECT_EQ(of_one.delivery, DeliveryEffect::deferred) << reply;
        EXPECT_EQ(of_one.pace, PaceEffect::none) << reply;
        EXPECT_TRUE(of_one.counts && of_one.gives_up) << reply;
        end.spread = Spread::domain;
        EXPECT_EQ(outcome_rule(end).pace, PaceEffect::pause_domain) << reply;
        // Everybody: all wait, and nobody fails for it.
        end.spread = Spread::account;
        const auto& of_all = outcome_rule(end);
        EXPECT_EQ(of_all.delivery, DeliveryEffect::deferred) << reply;
        EXPECT_TRUE(of_all.pace == PaceEffect::stop_account ||
                    of_all.pace == PaceEffect::throttle_account)
            << reply;
        EXPECT_FALSE(of_all.gives_up) << reply;
    }
    const char* about_others[] = {
        "550 5.1.1 no such user; see our daily news",
        "552 5.2.2 mailbox full, rate limit of the user exceeded",
        "550 5.7.1 message looks like spam",
        "550 no such user here",
        "550 5.7.1 the list takes mails of its members only",
        "550 unblocked displayed relayers",
    };
    for (const auto* reply : about_others) {
        TransactionEnd end{EndedBy::server, Stage::dot, std::stoi(reply), enhanced_status(reply)};
        end.topic = topic_of(reply);
        EXPECT_EQ(outcome_rule(end).outcome, Outcome::refused) << reply;
    }
}

TEST(SmtpReply, ReadsEnhancedStatusCodes) {
    EXPECT_EQ(enhanced_status("550 5.1.1 no such user"), "5.1.1");
    EXPECT_EQ(enhanced_status("550-5.1.1 The account 550 5.1.1 does not exist"), "5.1.1");
    EXPECT_EQ(enhanced_status("450 4.2.1"), "4.2.1");
    for (const auto* none : {"", "550", "550 no 5.1.1", "550 5.1.1.1 x", "550 1.2.3 x", "550 5.1"})
        EXPECT_EQ(enhanced_status(none), "") << none;
}

}  // namespace
}  // namespace paysync::mail
