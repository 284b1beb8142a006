// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

#include <algorithm>
#include <set>

namespace stripe_sim {
namespace {

class StripeSimEvents : public StripeSim {
protected:
    std::string id = enabled_account();

    Json events(const std::string& type) {
        return get("/v1/events?limit=100&type=" + type, id).body["data"];
    }
};

TEST_F(StripeSimEvents, CanBeDelayed) {
    script("events", {{"late_ms", 60000}, {"type", "charge."}});
    server.world().add_charges(id, {{"count", 1}});
    EXPECT_TRUE(events("charge.*").empty());
    EXPECT_FALSE(events("payment_intent.*").empty());
    server.world().advance(60);
    EXPECT_EQ(events("charge.*").size(), 1U);
}

TEST_F(StripeSimEvents, CanBeShuffled) {
    script("events", {{"shuffle", 300}});
    Json made = server.world().add_charges(
        id, {{"count", 30}, {"created", kStart - 3000}, {"spacing", 10}});
    std::vector<std::string> happened(made.begin(), made.end());
    std::reverse(happened.begin(), happened.end());
    std::vector<std::string> told;
    for (const Json& event : events("charge.succeeded")) {
        told.push_back(text_of(event["data"]["object"], "id"));
        EXPECT_LE(std::abs(int_of(event, "created") - int_of(event["data"]["object"], "created")),
                  300);
    }
    EXPECT_EQ(std::set(told.begin(), told.end()), std::set(happened.begin(), happened.end()));
    EXPECT_NE(told, happened);
}

TEST_F(StripeSimEvents, CanBeOmittedAtAGivenRate) {
    script("events", {{"omit", 0.5}});
    server.world().add_charges(id, {{"count", 100}});
    size_t told = events("charge.succeeded").size();
    EXPECT_GT(told, 20U);
    EXPECT_LT(told, 80U);
    EXPECT_EQ(get("/v1/charges?limit=100", id).body["data"].size(), 100U);
    script("events", Json::object());
    server.world().add_charges(id, {{"count", 10}});
    EXPECT_EQ(events("charge.succeeded").size(), told + 10);
}

TEST_F(StripeSimEvents, NameTheRequestThatCausedThem) {
    Got made = post("/v1/payment_links", link_body(), id, "cause-1");
    Json event = events("payment_link.created")[0];
    EXPECT_EQ(event["request"]["id"], made.header("Request-Id"));
    EXPECT_EQ(event["request"]["idempotency_key"], "cause-1");
    EXPECT_EQ(event["api_version"], kVersion);
}

TEST_F(StripeSimEvents, AccountEventsAreNotInThePlatformsList) {
    server.world().add_charges(id, {{"count", 1}});
    EXPECT_TRUE(get("/v1/events?type=charge.*").body["data"].empty());
    EXPECT_EQ(get("/v1/events?types[]=a&type=b", id).param(), "types");
}

}  // namespace
}  // namespace stripe_sim
