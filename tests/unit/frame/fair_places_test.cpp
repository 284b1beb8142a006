// SPDX-License-Identifier: MIT
#include "jobs/frame/fair_places.hpp"

#include "tests/support/fake_clock.hpp"

#include <gtest/gtest.h>

namespace paysync {
namespace {

using Names = std::vector<std::string>;

TEST(FairPlaces, ACompanyThatWaitsForLongLeavesPlacesToOthers) {
    Loop loop;
    FakeClock clock(loop);
    FairPlaces places(clock, 4);
    std::list<FairPlaces::Place> held;
    for (int i = 0; i < 4; ++i)
        held.emplace_back(places, "slow");
    EXPECT_EQ(places.free(), 0);
    EXPECT_EQ(places.busy(), Names()) << "nobody knows yet that it is slow";
    clock.advance(FairPlaces::kLong);
    EXPECT_EQ(places.free(), 4);
    EXPECT_EQ(places.busy(), Names{"slow"});
    for (int i = 0; i < 4; ++i)
        held.emplace_back(places, "also slow");
    EXPECT_EQ(places.free(), 0);
    clock.advance(FairPlaces::kLong);
    EXPECT_EQ(places.free(), 4) << "a third company finds places";
    EXPECT_EQ(places.busy(), (Names{"also slow", "slow"}));
    for (int i = 0; i < 56; ++i)
        held.emplace_back(places, "third");
    clock.advance(FairPlaces::kLong);
    EXPECT_EQ(places.free(), 0) << "sixteen times as many pieces as places, and no more";
    held.pop_front();
    EXPECT_EQ(places.free(), 1);
    held.clear();
    EXPECT_EQ(places.taken(), 0);
    EXPECT_EQ(places.free(), 4);
}

TEST(FairPlaces, ACompanyThatWasSlowHasFewPlacesUntilItIsQuickAgain) {
    Loop loop;
    FakeClock clock(loop);
    FairPlaces places(clock, 4);
    {
        const auto slow = places.take("slow");
        clock.advance(FairPlaces::kLong);
    }
    {
        const auto again = places.take("slow");
        EXPECT_EQ(places.busy(), Names{"slow"}) << "at once, not after three seconds";
        EXPECT_EQ(places.free(), 3);
    }
    const auto quick = places.take("slow");
    EXPECT_EQ(places.busy(), Names());
}

TEST(FairPlaces, APieceThatMakesProgressIsNotSlow) {
    Loop loop;
    FakeClock clock(loop);
    FairPlaces places(clock, 4);
    auto large = places.take("large");
    clock.advance(FairPlaces::kLong);
    large.progressed();
    EXPECT_EQ(places.busy(), Names());
    EXPECT_EQ(places.free(), 4) << "but it is long, and leaves its place to others";
    large.release();
    const auto next = places.take("large");
    EXPECT_EQ(places.busy(), Names());
}

TEST(FairPlaces, APieceThatTakesLongStopsNoCompanyWithFewPlaces) {
    Loop loop;
    FakeClock clock(loop);
    FairPlaces places(clock, 16);
    auto one = places.take("slow");
    clock.advance(FairPlaces::kLong);
    EXPECT_EQ(places.busy(), Names());
    EXPECT_EQ(places.free(), 16);
    one.release();
    EXPECT_EQ(places.taken(), 0);
}

}  // namespace
}  // namespace paysync
