// SPDX-License-Identifier: MIT
// Every fault in one direction alone; the other direction works meanwhile.
#include "tests/stand_ins/fault_proxy_fixture.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string>

namespace fault_proxy {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

class FaultProxyDirection : public FaultProxy, public testing::WithParamInterface<bool> {
protected:
    static bool to_target() { return GetParam(); }
    static Settings only(const Direction& faults, bool reset = false) {
        Settings settings{.reset = reset};
        (to_target() ? settings.to_target : settings.to_client) = faults;
        return settings;
    }
    static RawClient& from(Ends& ends) { return to_target() ? ends.client : ends.server; }
    static RawClient& to(Ends& ends) { return to_target() ? ends.server : ends.client; }
    std::uint64_t passed() const {
        const Counters now = proxy_.counters();
        return to_target() ? now.bytes_to_target : now.bytes_to_client;
    }
    static void expect_the_other_way_works(Ends& ends) {
        to(ends).send("other");
        EXPECT_EQ(from(ends).read(5), "other");
    }
};

TEST_P(FaultProxyDirection, DelaysBytesAndTheEnd) {
    const milliseconds delay(40);
    proxy_.set(only({.delay = delay}));
    Ends ends = connect();
    const auto start = steady_clock::now();
    from(ends).send("late");
    EXPECT_EQ(to(ends).read(4), "late");
    EXPECT_GE(steady_clock::now() - start, delay);
}

TEST_P(FaultProxyDirection, LiftingTheDelayReleasesHeldBytes) {
    proxy_.set(only({.delay = hours(1)}));
    Ends ends = connect();
    from(ends).send("late");
    from(ends).finish();
    expect_the_other_way_works(ends);
    EXPECT_EQ(passed(), 0U);
    proxy_.set_existing({});
    EXPECT_EQ(to(ends).rest(), "late");
}

TEST_P(FaultProxyDirection, JitterKeepsTheOrderOfBytes) {
    proxy_.set(only({.jitter = milliseconds(20)}));
    Ends ends = connect();
    std::string all;
    for (int i = 0; i < 100; ++i) {
        const std::string piece = fmt::format("{:04}\n", i);
        from(ends).send(piece);
        all += piece;
        // Makes most pieces travel alone, each with its own jitter.
        std::this_thread::sleep_for(milliseconds(1));
    }
    from(ends).finish();
    expect_the_other_way_works(ends);
    EXPECT_EQ(to(ends).rest(), all);
}

TEST_P(FaultProxyDirection, BandwidthIsNotExceeded) {
    proxy_.set(only({.bytes_per_second = 100'000}));
    Ends ends = connect();
    const auto start = steady_clock::now();
    from(ends).send(std::string(12'000, 'x'));
    EXPECT_EQ(to(ends).read(12'000).size(), 12'000U);
    // The first of fifty portions per second is sent at once.
    EXPECT_GE(steady_clock::now() - start, milliseconds(100));
}

TEST_P(FaultProxyDirection, LiftingTheBandwidthLimitReleasesHeldBytes) {
    proxy_.set(only({.bytes_per_second = 1}));
    Ends ends = connect();
    const std::string text(10'000, 'x');
    from(ends).send(text);
    EXPECT_EQ(to(ends).read(1), "x");
    expect_the_other_way_works(ends);
    proxy_.set_existing({});
    // At the old rate it would take hours.
    EXPECT_EQ(to(ends).read(text.size() - 1).size(), text.size() - 1);
}

TEST_P(FaultProxyDirection, CutAfterBytesEndsBothDirections) {
    for (const bool reset : {false, true}) {
        proxy_.set(only({.cut_after = 5}, reset));
        Ends ends = connect();
        from(ends).send("1234567");
        EXPECT_EQ(to(ends).rest(), "12345");
        EXPECT_EQ(to(ends).was_reset(), reset);
        EXPECT_EQ(from(ends).rest(), "");
        EXPECT_EQ(from(ends).was_reset(), reset);
    }
    EXPECT_EQ(proxy_.counters().cut, 2U);
}

TEST_P(FaultProxyDirection, CutAfterCountsFromTheMomentItIsSet) {
    Ends ends = connect();
    from(ends).send("before");
    EXPECT_EQ(to(ends).read(6), "before");
    proxy_.set_existing(only({.stall = true}));
    from(ends).send("1234567");
    proxy_.set_existing(only({.cut_after = 2}));
    EXPECT_EQ(to(ends).rest(), "12");
    EXPECT_EQ(from(ends).rest(), "");
}

TEST_P(FaultProxyDirection, SwallowLosesBytesAndHidesTheEnd) {
    Ends ends = connect();
    proxy_.set_existing(only({.swallow = true}));
    from(ends).send("lost");
    ASSERT_TRUE(eventually([&] { return proxy_.counters().bytes_swallowed == 4; }));
    expect_the_other_way_works(ends);
    proxy_.set_existing({});
    from(ends).send("back");
    EXPECT_EQ(to(ends).read(4), "back");
    proxy_.set_existing(only({.swallow = true}));
    from(ends).finish();
    expect_the_other_way_works(ends);
    EXPECT_EQ(proxy_.counters().open, 1U);
    proxy_.set_existing({});
    EXPECT_EQ(to(ends).rest(), "") << "a peer that came back";
}

TEST_P(FaultProxyDirection, StallLosesNothing) {
    Ends ends = connect();
    proxy_.set_existing(only({.stall = true}));
    from(ends).send("late");
    from(ends).finish();
    expect_the_other_way_works(ends);
    EXPECT_EQ(passed(), 0U);
    proxy_.set_existing({});
    EXPECT_EQ(to(ends).rest(), "late");
}

TEST_P(FaultProxyDirection, FaultsCanBeCombined) {
    const milliseconds delay(20);
    proxy_.set(only({.delay = delay,
                     .jitter = milliseconds(5),
                     .bytes_per_second = 10'000,
                     .cut_after = 1'000}));
    Ends ends = connect();
    const auto start = steady_clock::now();
    from(ends).send(std::string(2'000, 'x'));
    EXPECT_EQ(to(ends).rest(), std::string(1'000, 'x'));
    EXPECT_GE(steady_clock::now() - start, delay + milliseconds(80));
}

INSTANTIATE_TEST_SUITE_P(Directions, FaultProxyDirection, testing::Bool(), [](const auto& of) {
    return std::string(of.param ? "to_target" : "to_client");
});

TEST_F(FaultProxy, AHalfOpenConnectionEndsOnlyWhenItsPortIsCut) {
    Ends ends = connect();
    proxy_.set_existing({.to_target = {.swallow = true}, .to_client = {.swallow = true}});
    ends.client.send("question");
    ends.client.finish();
    ends.server.send("answer");
    ends.server.finish();
    ASSERT_TRUE(eventually([&] { return proxy_.counters().bytes_swallowed == 14; }));
    EXPECT_EQ(proxy_.counters().open, 1U);
    EXPECT_EQ(proxy_.counters().cut, 0U);
    proxy_.cut_all(true);
    EXPECT_EQ(ends.client.rest() + ends.server.rest(), "");
    EXPECT_TRUE(ends.client.was_reset());
    EXPECT_TRUE(ends.server.was_reset());
}

}  // namespace
}  // namespace fault_proxy
