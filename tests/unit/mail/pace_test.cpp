// SPDX-License-Identifier: MIT
#include "daemon/base/mail/pace.hpp"

#include <gtest/gtest.h>

namespace paysync::mail {
namespace {

using namespace std::chrono_literals;

const Pace::Pauses kPauses{5s, 30s};

class SmtpPace : public testing::Test {
protected:
    /// How many messages that go as soon as they may, one after the other, go in this time.
    int messages_in(Pace& pace, std::chrono::seconds time) {
        int count = 0;
        for (auto now = now_; now < now_ + time; now += 1ms) {
            if (pace.free_at(now) > now)
                continue;
            pace.begin(now);
            pace.end();
            ++count;
        }
        now_ += time;
        return count;
    }

    Pace::Time now_{1000h};
};

TEST_F(SmtpPace, KeepsTheRate) {
    Pace slow(Limits{0.5, 0});
    EXPECT_NEAR(messages_in(slow, 10s), 5, 1);
    Pace fast(Limits{14, 0});
    EXPECT_NEAR(messages_in(fast, 10s), 140, 1);
    EXPECT_NEAR(messages_in(fast, 10s), 140, 1) << "nothing was saved up, nothing is owed";
}

TEST_F(SmtpPace, AccumulatesNoCreditWhileIdle) {
    Pace pace(Limits{2, 0});
    now_ += 1h;
    EXPECT_LE(messages_in(pace, 1s), 3);
}

TEST_F(SmtpPace, LimitsConcurrentMessages) {
    Pace pace(Limits{0, 2});
    pace.begin(now_);
    EXPECT_FALSE(pace.full());
    pace.begin(now_);
    EXPECT_TRUE(pace.full());
    pace.end();
    EXPECT_FALSE(pace.full());
}

TEST_F(SmtpPace, LowersTheConcurrencyOnDeferralsAndRaisesItOnSuccess) {
    Pace pace(Limits{0, 4});
    pace.shrink_window();
    for (int i = 0; i < 2; ++i)
        pace.begin(now_);
    EXPECT_TRUE(pace.full()) << "half of four";
    pace.shrink_window();
    pace.shrink_window();
    pace.end();
    EXPECT_TRUE(pace.full()) << "one at least, one at most";
    pace.end();
    EXPECT_FALSE(pace.full());
    for (int i = 0; i < 10; ++i)
        pace.succeeded(now_);
    for (int i = 0; i < 4; ++i) {
        EXPECT_FALSE(pace.full()) << i;
        pace.begin(now_);
    }
    EXPECT_TRUE(pace.full()) << "not more than before";
}

TEST_F(SmtpPace, PausesGrowAndEndWithOneProbeMessage) {
    Pace pace(Limits{0, 8});
    for (const auto expected : {5s, 10s, 20s, 30s, 30s}) {
        const auto began = now_;
        pace.begin(began);
        EXPECT_TRUE(pace.failed(began, now_, kPauses, "down"));
        pace.end();
        EXPECT_EQ(pace.free_at(now_), now_ + expected);
        EXPECT_TRUE(pace.paused(now_));
        now_ += expected;
        EXPECT_FALSE(pace.paused(now_));
        pace.begin(now_);
        EXPECT_TRUE(pace.full()) << "one message tries";
        pace.end();
    }
    EXPECT_EQ(pace.reason(), "down");
    EXPECT_TRUE(pace.succeeded(now_));
    pace.begin(now_);
    EXPECT_FALSE(pace.full());
    EXPECT_TRUE(pace.failed(now_, now_, kPauses, "down")) << "from the beginning";
    EXPECT_EQ(pace.free_at(now_), now_ + 5s);
}

TEST_F(SmtpPace, IgnoresResultsOfMessagesSentBeforeThePause) {
    Pace pace(Limits{0, 8});
    const auto began = now_;
    now_ += 1s;
    EXPECT_TRUE(pace.failed(began, now_, kPauses, "down"));
    EXPECT_FALSE(pace.failed(began, now_, kPauses, "down")) << "the same failure, seen twice";
    EXPECT_FALSE(pace.succeeded(began));
    EXPECT_EQ(pace.free_at(now_), now_ + 5s);
}

TEST_F(SmtpPace, ReservesTimesAtItsRate) {
    Pace pace(Limits{2, 0});
    const auto first = pace.reserve(now_, now_ + 1s);
    EXPECT_EQ(first, now_ + 1s);
    EXPECT_EQ(pace.reserve(now_, now_ + 1s), first + 500ms);
    EXPECT_EQ(pace.reserve(now_, now_ + 1s), first + 1s);
    EXPECT_FALSE(pace.is_pristine(now_));
    EXPECT_TRUE(pace.is_pristine(now_ + 1h));
}

}  // namespace
}  // namespace paysync::mail
