// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

#include <atomic>

namespace stripe_sim {
namespace {

class StripeSimFaults : public StripeSim {
protected:
    std::string id = enabled_account();

    /// The raw body of a list of charges.
    std::string charges_text() { return client.Get("/v1/charges", headers(id))->body; }
};

TEST_F(StripeSimFaults, ARawMemberPutsAnyTextIntoEveryObject) {
    server.world().add_charges(id, {{"count", 2}});
    script("faults",
           {{"kind", "raw"}, {"member", "amount"}, {"text", "99999999999999999999999999"}});
    std::string body = charges_text();
    size_t first = body.find("\"amount\":99999999999999999999999999,");
    ASSERT_NE(first, std::string::npos) << body.substr(0, 200);
    EXPECT_NE(body.find("\"amount\":99999999999999999999999999,", first + 1), std::string::npos);
    script("faults", {{"kind", "raw"}, {"member", "description"}, {"text", R"("a\u0000b")"}});
    EXPECT_NE(charges_text().find(R"("description":"a\u0000b")"), std::string::npos);
    script("faults", {{"kind", "raw"}, {"member", "description"}, {"text", R"("\ud83d\ude00")"}});
    EXPECT_NE(charges_text().find(R"("description":"\ud83d\ude00")"), std::string::npos);
    script("faults",
           {{"kind", "raw"}, {"member", "billing_details.name"}, {"text", "{\"unfinished\""}});
    EXPECT_TRUE(Json::parse(charges_text(), nullptr, false).is_discarded());
    EXPECT_FALSE(Json::parse(charges_text(), nullptr, false).is_discarded());
    EXPECT_EQ(script("faults", {{"kind", "raw"}, {"member", "amount"}}).param(), "text");
}

TEST_F(StripeSimFaults, APatchSetsUnknownValuesAndRemovesMembers) {
    server.world().add_charges(id, {{"count", 1}});
    script("faults", {{"kind", "patch"},
                      {"path", "/v1/charges"},
                      {"patch",
                       {{"status", "dreaming"},
                        {"currency", nullptr},
                        {"payment_method_details", {{"card", {{"brand", "unheard_of"}}}}}}}});
    Json odd = get("/v1/charges", id).body["data"][0];
    EXPECT_EQ(odd["status"], "dreaming");
    EXPECT_FALSE(odd.contains("currency"));
    EXPECT_EQ(odd["payment_method_details"]["card"]["brand"], "unheard_of");
    EXPECT_EQ(odd["payment_method_details"]["card"]["last4"], "4242");
    EXPECT_EQ(get("/v1/charges", id).body["data"][0]["status"], "succeeded");
}

TEST_F(StripeSimFaults, ASkewedClockAffectsOnlyTheDateHeaderAndNewObjects) {
    EXPECT_EQ(get("/v1/account").header("Date"), "Mon, 21 Sep 2026 14:13:20 GMT");
    script("faults", {{"kind", "clock_skew"}, {"method", "POST"}, {"seconds", -3600}});
    Got made = post("/v1/accounts", "country=US");
    EXPECT_EQ(made.header("Date"), "Mon, 21 Sep 2026 13:13:20 GMT");
    EXPECT_EQ(int_of(made.body, "created"), kStart - 3600);
    EXPECT_EQ(int_of(post("/v1/accounts", "country=US").body, "created"), kStart);
}

TEST_F(StripeSimFaults, AProbabilityDependsOnTheSeed) {
    auto play = [](Server& other) {
        httplib::Client talker(other.options().host, other.port());
        other.faults().add(Fault::from_json(
            {{"kind", "status"}, {"status", 503}, {"times", -1}, {"probability", 0.5}}));
        std::string out;
        for (int i = 0; i < 40; ++i) {
            out += talker.Get("/v1/account", {{"Authorization", "Bearer " + other.options().key},
                                              {"Stripe-Version", kVersion}})
                               ->status == 503
                       ? '5'
                       : '.';
        }
        return out;
    };
    Server twin(fixed_options());
    Options foreign_options = fixed_options();
    foreign_options.seed = 99;
    Server foreign(foreign_options);
    std::string struck = play(server);
    EXPECT_NE(struck.find('5'), std::string::npos);
    EXPECT_NE(struck.find('.'), std::string::npos);
    EXPECT_EQ(struck, play(twin));
    EXPECT_NE(struck, play(foreign));
}

TEST_F(StripeSimFaults, TooManyRequestsAtOnceAreRefusedWithTheirReason) {
    server.rate_limit().set_concurrency(1);
    script("faults",
           {{"kind", "latency"}, {"delay_ms", 20}, {"times", -1}, {"path", "/v1/account"}});
    std::atomic<bool> seen = false;
    std::thread busy([&] {
        httplib::Client other(server.options().host, server.port());
        while (!seen) {
            other.Get("/v1/account", headers());
        }
    });
    Got refused;
    while (refused.status != 429) {
        refused = get("/v1/charges");
    }
    seen = true;
    busy.join();
    EXPECT_EQ(refused.header("Stripe-Rate-Limited-Reason"), "global-concurrency");
    EXPECT_EQ(get("/v1/charges").status, 200);
}

TEST_F(StripeSimFaults, AnIdempotencyKeyForgetsCallsThatWereNotExecuted) {
    script("faults", {{"kind", "status"}, {"status", 429}, {"reason", "endpoint-rate"}});
    EXPECT_EQ(post("/v1/accounts", "country=US", "", "k1").status, 429);
    Got second = post("/v1/accounts", "country=US", "", "k1");
    EXPECT_EQ(second.status, 200);
    EXPECT_EQ(second.header("Idempotent-Replayed"), "");
    EXPECT_EQ(post("/v1/accounts", "country=US&colour=red", "", "k2").status, 400);
    EXPECT_EQ(post("/v1/accounts", "country=US", "", "k2").status, 200);

    Got missing = post("/v1/refunds", "charge=ch_none", id, "k3");
    EXPECT_EQ(missing.status, 404);
    Got replay = post("/v1/refunds", "charge=ch_none", id, "k3");
    EXPECT_EQ(replay.status, 404);
    EXPECT_EQ(replay.header("Idempotent-Replayed"), "true");
    EXPECT_EQ(replay.header("Original-Request"), missing.header("Request-Id"));
    Got other = post("/v1/refunds", "charge=ch_other", id, "k3");
    EXPECT_EQ(other.status, 400);
    EXPECT_EQ(other.type(), "idempotency_error");
    EXPECT_EQ(post("/v1/refunds", "charge=ch_none", enabled_account(), "k3")
                  .header("Idempotent-Replayed"),
              "")
        << "the key belongs to the account it acted for";
    server.world().advance(24 * 3600);
    EXPECT_EQ(post("/v1/refunds", "charge=ch_none", id, "k3").header("Idempotent-Replayed"), "");
}

}  // namespace
}  // namespace stripe_sim
