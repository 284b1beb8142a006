// SPDX-License-Identifier: MIT
#include "jobs/frame/fair_places.hpp"

#include <gtest/gtest.h>

namespace paysync {
namespace {

TEST(FairPlaces, OneCompanyLeavesAPlaceToAnother) {
    FairPlaces places(16);
    EXPECT_EQ(FairPlaces::share(16), 12);
    EXPECT_EQ(FairPlaces::share(1), 1);
    for (int i = 0; i < 11; ++i)
        places.take("slow");
    EXPECT_TRUE(places.busy().empty());
    places.take("slow");
    EXPECT_EQ(places.busy(), std::vector<std::string>{"slow"});
    EXPECT_EQ(places.free(), 4);
    for (int i = 0; i < 3; ++i)
        places.take("also slow");
    EXPECT_EQ(places.busy(), (std::vector<std::string>{"also slow", "slow"}));
    EXPECT_EQ(places.free(), 1) << "for a third one";
    places.give_back("slow");
    EXPECT_EQ(places.taken(), 14);
}

}  // namespace
}  // namespace paysync
