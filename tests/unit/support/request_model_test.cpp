// SPDX-License-Identifier: MIT
#include "tests/support/request_model.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

/// The model that the randomised test of payment requests compares with, on examples in words.
namespace paysync::test {
namespace {

ChargeFacts paid(std::int64_t amount, std::int64_t refunded = 0) {
    return {.status = "succeeded",
            .captured = true,
            .amount = amount,
            .amount_captured = amount,
            .amount_refunded = refunded};
}
ChargeFacts captured_partly(std::int64_t amount, std::int64_t taken, std::int64_t back = 0) {
    return {.status = "succeeded",
            .captured = true,
            .amount = amount,
            .amount_captured = taken,
            .amount_refunded = amount - taken + back};
}
ChargeFacts disputed(const std::string& status) {
    auto charge = paid(1000);
    charge.disputes.push_back({status, 1000});
    return charge;
}
const ChargeFacts kPending{
    .status = "pending", .captured = true, .amount = 1000, .amount_captured = 1000};
const ChargeFacts kFailed{.status = "failed", .amount = 1000};
const ChargeFacts kHeld{.status = "succeeded", .amount = 1000};
const ChargeFacts kReleased{
    .status = "succeeded", .released = true, .amount = 1000, .amount_refunded = 1000};

std::string state(std::vector<ChargeFacts> charges, const std::string& closed_as = "",
                  bool multi_party = false) {
    return RequestModel({.amount = 1000,
                         .multi_party = multi_party,
                         .closed_as = closed_as,
                         .charges = std::move(charges)})
        .state;
}

TEST(RequestModel, ThePositionOfTheMoneyDecides) {
    EXPECT_EQ(state({}), "open");
    EXPECT_EQ(state({kFailed, kReleased}), "open");
    EXPECT_EQ(state({kFailed}, "expired"), "expired");
    EXPECT_EQ(state({kPending}), "processing");
    EXPECT_EQ(state({kHeld}), "authorized");
    EXPECT_EQ(state({kHeld, kPending}), "authorized");
    EXPECT_EQ(state({paid(1000, 1000), kPending}), "processing") << "it is paid once more";
    EXPECT_EQ(state({paid(400)}), "partially_paid");
    EXPECT_EQ(state({captured_partly(1000, 400)}), "partially_paid");
    EXPECT_EQ(state({paid(400, 100)}), "partially_paid") << "it was never paid in full";
    EXPECT_EQ(state({paid(400), paid(600)}), "paid");
    EXPECT_EQ(state({paid(1000), paid(1000)}), "overpaid");
    EXPECT_EQ(state({paid(1000), paid(1000, 1000)}), "paid") << "the surplus went back";
    EXPECT_EQ(state({paid(1000), paid(1000)}, "", true), "paid") << "one payment a person";
    EXPECT_EQ(state({paid(1000, 1)}), "partially_refunded");
    EXPECT_EQ(state({paid(1000, 1000)}), "refunded");
    EXPECT_EQ(state({captured_partly(1000, 400, 400)}), "refunded");
}

TEST(RequestModel, MoneyCountsMoreThanAClosedRequest) {
    for (const char* closed : {"cancelled", "expired", "failed"}) {
        EXPECT_EQ(state({}, closed), closed);
        EXPECT_EQ(state({paid(1000)}, closed), "paid");
        EXPECT_EQ(state({kPending}, closed), "processing");
    }
}

TEST(RequestModel, OnlyDisputesThatHoldMoneyCount) {
    for (const char* status : {"needs_response", "under_review", "lost"}) {
        EXPECT_EQ(state({disputed(status)}), "disputed") << status;
    }
    for (const char* status : {"won", "prevented", "warning_needs_response", "warning_closed"}) {
        EXPECT_EQ(state({disputed(status)}), "paid") << status;
    }
}

TEST(RequestModel, ALinkIsWantedForWhatIsLeftToPay) {
    const auto model = [](std::vector<ChargeFacts> charges, const std::string& closed = "") {
        return RequestModel({.amount = 1000, .closed_as = closed, .charges = std::move(charges)});
    };
    EXPECT_TRUE(model({}).wants_link);
    EXPECT_EQ(model({}).link_amount, 1000);
    EXPECT_TRUE(model({paid(400)}).wants_link);
    EXPECT_EQ(model({paid(400)}).link_amount, 600);
    EXPECT_FALSE(model({paid(400)}, "cancelled").wants_link);
    EXPECT_FALSE(model({kPending}).wants_link);
    EXPECT_FALSE(model({kHeld}).wants_link);
    EXPECT_FALSE(model({paid(1000, 1000)}).wants_link);
    RequestFacts party{.amount = 1000, .multi_party = true, .max_payments = 2};
    party.charges = {paid(1000)};
    EXPECT_TRUE(RequestModel(party).wants_link);
    party.charges = {paid(1000), kPending};
    EXPECT_FALSE(RequestModel(party).wants_link) << "the payment under way has its place";
    party.charges = {paid(1000), paid(1000)};
    EXPECT_FALSE(RequestModel(party).wants_link);
    party.max_payments = 0;
    EXPECT_TRUE(RequestModel(party).wants_link);
    party.closed_as = "expired";
    EXPECT_FALSE(RequestModel(party).wants_link);
}

}  // namespace
}  // namespace paysync::test
