// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

namespace stripe_sim {
namespace {

/// Calls with another key than the server's own.
class StripeSimKeys : public StripeSim {
protected:
    Got get_with(const std::string& key, const std::string& path, const std::string& account = "") {
        return got(client.Get(path.c_str(), with(key, account)));
    }
    Got post_with(const std::string& key, const std::string& path, const std::string& body,
                  const std::string& account = "") {
        return got(client.Post(path.c_str(), with(key, account), body, kForm));
    }

private:
    static httplib::Headers with(const std::string& key, const std::string& account) {
        httplib::Headers out = {{"Authorization", "Bearer " + key}, {"Stripe-Version", kVersion}};
        if (!account.empty()) {
            out.emplace("Stripe-Account", account);
        }
        return out;
    }
};

TEST_F(StripeSimKeys, ARestrictedKeyIsRefusedWithTheMissingPermission) {
    const std::string key = "rk_test_paysync_restricted00";
    std::string id = enabled_account();
    EXPECT_EQ(get_with(key, "/v1/account").status, 401);
    script("keys",
           {{"key", key}, {"permissions", {{"charge", "read"}, {"payment_link", "write"}}}});

    EXPECT_EQ(get_with(key, "/v1/charges", id).status, 200);
    EXPECT_EQ(get_with(key, "/v1/payment_links", id).status, 200);
    EXPECT_EQ(post_with(key, "/v1/payment_links", link_body(), id).status, 200);
    Got refused = get_with(key, "/v1/disputes", id);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.code(), "");
    std::string message = text_of(refused.body["error"], "message");
    EXPECT_NE(message.find("'rak_dispute_read'"), std::string::npos) << message;
    EXPECT_NE(message.find(id), std::string::npos) << message;
    EXPECT_EQ(message.find(key), std::string::npos) << "the key is shown masked";
    EXPECT_NE(text_of(post_with(key, "/v1/refunds", "charge=ch_1", id).body["error"], "message")
                  .find("'rak_refund_write'"),
              std::string::npos);
    EXPECT_EQ(script("keys", {{"key", key}, {"permissions", {{"charge", "all"}}}}).status, 400);
}

TEST_F(StripeSimKeys, ExpiredRevokedAndBlockedKeysHaveDifferentErrors) {
    const std::string& key = server.options().key;
    script("keys", {{"key", key}, {"state", "expired"}});
    EXPECT_EQ(get("/v1/account").status, 401);
    EXPECT_EQ(get("/v1/account").code(), "api_key_expired");
    script("keys", {{"key", key}, {"state", "revoked"}});
    EXPECT_EQ(get("/v1/account").status, 401);
    EXPECT_EQ(get("/v1/account").code(), "");
    script("keys", {{"key", key}, {"state", "blocked"}});
    EXPECT_EQ(get("/v1/account").status, 403);
    EXPECT_EQ(get("/v1/account").code(), "");
    script("keys", {{"key", key}, {"state", "active"}});
    EXPECT_EQ(get("/v1/account").status, 200);
    EXPECT_EQ(script("keys", {{"key", key}, {"state", "tired"}}).status, 400);
}

TEST_F(StripeSimKeys, AKeyOfTheOtherModeSeesOnlyThePlatform) {
    const std::string live = "sk_live_paysync_000000000000";
    std::string id = enabled_account();
    script("keys", {{"key", live}, {"livemode", true}});
    EXPECT_EQ(get_with(live, "/v1/account").status, 200);
    EXPECT_EQ(get_with(live, "/v1/balance").body["livemode"], true);
    EXPECT_TRUE(get_with(live, "/v1/accounts").body["data"].empty());
    EXPECT_EQ(get_with(live, "/v1/accounts/" + id).code(), "account_invalid");
    EXPECT_EQ(get_with(live, "/v1/charges", id).code(), "account_invalid");
    EXPECT_EQ(get_with(live, "/v1/charges/ch_1").code(), "resource_missing");
    EXPECT_EQ(post_with(live, "/v1/accounts", "country=US").status, 400);
    EXPECT_EQ(get("/v1/accounts").body["data"].size(), 1U);
}

TEST_F(StripeSimKeys, TheVersionMustBeNamedAndLookLikeOne) {
    auto ask = [&](const std::string& version) {
        return client
            .Get("/v1/account",
                 {{"Authorization", "Bearer " + server.options().key}, {"Stripe-Version", version}})
            ->status;
    };
    EXPECT_EQ(ask("2026-10-28.endive"), 200);
    EXPECT_EQ(ask("2022-11-15"), 200);
    for (const char* bad : {"endive", "2026-10-28.", "2026-10-28.Endive", "2026-1-28", "latest"}) {
        EXPECT_EQ(ask(bad), 400) << bad;
    }
}

}  // namespace
}  // namespace stripe_sim
