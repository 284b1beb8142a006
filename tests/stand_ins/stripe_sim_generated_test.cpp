// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace stripe_sim {
namespace {

/// A server with one account of generated charges.
class StripeSimGenerated : public StripeSim {
protected:
    static constexpr int64_t kCharges = 730;

    StripeSimGenerated() {
        seller = generate({{"charges", kCharges},
                           {"from", kStart - 100'000},
                           {"refunded", 0.1},
                           {"failed", 0.1},
                           {"disputed", 0.02},
                           {"description", "Invoice {number}"},
                           {"metadata", {{"request_id", "pr_{number}"}}}});
    }

    std::string generate(const Json& params) {
        Json made = script("generate", params).body;
        EXPECT_TRUE(made.contains("account")) << made;
        return text_of(made, "account");
    }

    /// All objects of a list, page by page.
    std::vector<Json> walk(const std::string& target, const std::string& account) {
        std::vector<Json> out;
        std::string mark = target.find('?') == std::string::npos ? "?" : "&";
        for (std::string after;;) {
            Json page = get(target + mark + "limit=100" + after, account).body;
            for (const Json& each : page["data"]) {
                out.push_back(each);
            }
            if (!bool_of(page, "has_more")) {
                return out;
            }
            after = "&starting_after=" + text_of(out.back(), "id");
        }
    }

    static std::set<std::string> members(const Json& object) {
        std::set<std::string> out;
        for (const auto& [name, value] : object.items()) {
            out.insert(name);
        }
        return out;
    }

    std::string seller;
};

TEST_F(StripeSimGenerated, PagesListEveryChargeOnceNewestFirst) {
    std::vector<Json> all = walk("/v1/charges", seller);
    ASSERT_EQ(all.size(), static_cast<size_t>(kCharges));
    std::vector<std::string> ids;
    for (size_t i = 0; i < all.size(); ++i) {
        ids.push_back(text_of(all[i], "id"));
        EXPECT_TRUE(i == 0 || all[i]["created"] <= all[i - 1]["created"]);
    }
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
    EXPECT_LE(int_of(all.front(), "created"), kStart);
    EXPECT_GE(int_of(all.back(), "created"), kStart - 100'000);
    EXPECT_EQ(all.front()["description"], "Invoice " + std::to_string(kCharges - 1));
    EXPECT_EQ(all.back()["metadata"]["request_id"], "pr_0");

    std::vector<std::string> back;
    for (std::string before = ids.back();;) {
        Json page = get("/v1/charges?limit=100&ending_before=" + before, seller).body;
        std::vector<std::string> part = StripeSim::ids(page);
        back.insert(back.begin(), part.begin(), part.end());
        if (!bool_of(page, "has_more")) {
            break;
        }
        before = back.front();
    }
    back.push_back(ids.back());
    EXPECT_EQ(back, ids);
}

TEST_F(StripeSimGenerated, CreatedFiltersAreExact) {
    std::vector<Json> all = walk("/v1/charges", seller);
    int64_t from = int_of(all[500], "created");
    int64_t to = int_of(all[200], "created");
    auto expect = [&](const std::string& filter, const std::function<bool(int64_t)>& fits) {
        auto wanted = std::count_if(all.begin(), all.end(), [&](const Json& charge) {
            return fits(int_of(charge, "created"));
        });
        EXPECT_EQ(static_cast<int64_t>(walk("/v1/charges?" + filter, seller).size()), wanted)
            << filter;
    };
    std::string low = std::to_string(from);
    std::string high = std::to_string(to);
    expect("created[gte]=" + low + "&created[lt]=" + high,
           [&](int64_t at) { return at >= from && at < to; });
    expect("created[gt]=" + low + "&created[lte]=" + high,
           [&](int64_t at) { return at > from && at <= to; });
    expect("created=" + low, [&](int64_t at) { return at == from; });
    EXPECT_TRUE(walk("/v1/charges?created[gt]=" + std::to_string(kStart), seller).empty());
}

TEST_F(StripeSimGenerated, IdsFindExactlyTheirObjects) {
    std::string other = generate({{"charges", 50}});
    for (const char* list : {"/v1/charges", "/v1/payment_intents", "/v1/balance_transactions",
                             "/v1/refunds", "/v1/disputes"}) {
        std::vector<Json> all = walk(list, seller);
        ASSERT_FALSE(all.empty()) << list;
        for (size_t i = 0; i < all.size(); i += 29) {
            std::string id = text_of(all[i], "id");
            EXPECT_EQ(id.size(), id.find('_') + 25) << id;
            EXPECT_EQ(get(std::string(list) + "/" + id, seller).body, all[i]);
            EXPECT_EQ(get(std::string(list) + "/" + id, other).code(), "resource_missing");
            for (size_t place : {id.size() - 20, id.size() - 13, id.size() - 1}) {
                std::string wrong = id;
                wrong[place] = wrong[place] == 'a' ? 'b' : 'a';
                EXPECT_EQ(get(std::string(list) + "/" + wrong, seller).code(), "resource_missing");
            }
        }
    }
    std::string foreign = text_of(walk("/v1/charges", other)[0], "id");
    EXPECT_EQ(get("/v1/charges?starting_after=" + foreign, seller).code(), "resource_missing");
    EXPECT_EQ(get("/v1/charges?ending_before=ch_none", seller).code(), "resource_missing");
}

TEST_F(StripeSimGenerated, FiltersFindTheObjectsOfACharge) {
    std::vector<Json> refunds = walk("/v1/refunds", seller);
    EXPECT_GT(refunds.size(), 50U);
    for (size_t i = 0; i < refunds.size(); i += 9) {
        const Json& refund = refunds[i];
        std::string charge = text_of(refund, "charge");
        std::string intent = text_of(refund, "payment_intent");
        Json owner = get("/v1/charges/" + charge, seller).body;
        EXPECT_EQ(owner["amount_refunded"], refund["amount"]);
        EXPECT_EQ(owner["refunded"], owner["amount_refunded"] == owner["amount"]);
        EXPECT_GE(int_of(refund, "created"), int_of(owner, "created"));
        EXPECT_EQ(walk("/v1/refunds?charge=" + charge, seller), std::vector<Json>{refund});
        EXPECT_EQ(walk("/v1/refunds?payment_intent=" + intent, seller), std::vector<Json>{refund});
        EXPECT_EQ(walk("/v1/charges?payment_intent=" + intent, seller), std::vector<Json>{owner});
        auto rows = walk("/v1/balance_transactions?source=" + text_of(refund, "id"), seller);
        ASSERT_EQ(rows.size(), 1U);
        EXPECT_EQ(rows[0]["id"], refund["balance_transaction"]);
        EXPECT_EQ(int_of(rows[0], "amount"), -int_of(refund, "amount"));
    }
    std::map<std::string, size_t> types;
    for (const Json& row : walk("/v1/balance_transactions", seller)) {
        EXPECT_EQ(int_of(row, "amount") - int_of(row, "fee"), int_of(row, "net"));
        ++types[text_of(row, "type")];
    }
    for (const auto& [type, count] : types) {
        EXPECT_EQ(walk("/v1/balance_transactions?type=" + type, seller).size(), count) << type;
    }
    EXPECT_EQ(types.size(), 3U);
    EXPECT_TRUE(walk("/v1/balance_transactions?type=payout", seller).empty());
    EXPECT_TRUE(walk("/v1/balance_transactions?currency=eur", seller).empty());
    EXPECT_TRUE(walk("/v1/charges?customer=cus_none", seller).empty());
}

TEST_F(StripeSimGenerated, ExpansionsAreTheObjectsThemselves) {
    Json page = get("/v1/charges?limit=100&expand[]=data.balance_transaction", seller).body;
    Json both = get("/v1/charges?limit=100&expand[]=data.balance_transaction&expand[]="
                    "data.payment_intent",
                    seller)
                    .body;
    size_t failed = 0;
    for (size_t i = 0; i < page["data"].size(); ++i) {
        const Json& charge = page["data"][i];
        const Json& row = charge["balance_transaction"];
        EXPECT_EQ(both["data"][i]["balance_transaction"], row);
        EXPECT_EQ(both["data"][i]["payment_intent"]["latest_charge"], charge["id"]);
        if (row.is_null()) {
            EXPECT_EQ(charge["status"], "failed");
            ++failed;
            continue;
        }
        EXPECT_EQ(row, get("/v1/balance_transactions/" + text_of(row, "id"), seller).body);
        EXPECT_EQ(row["source"], charge["id"]);
    }
    EXPECT_GT(failed, 0U);
    EXPECT_EQ(get("/v1/charges?expand[]=data.amount", seller).status, 400);
}

TEST_F(StripeSimGenerated, GeneratedObjectsHaveTheFormOfStoredOnes) {
    std::string stored = enabled_account();
    std::string charge = server.world().add_charges(stored, {{"count", 2}})[0].get<std::string>();
    server.world().add_charges(stored, {{"outcome", "declined"}});
    server.world().refund(stored, {{"charge", charge}, {"amount", 10}});
    server.world().open_dispute(charge);
    for (const char* list : {"/v1/charges", "/v1/payment_intents", "/v1/balance_transactions",
                             "/v1/refunds", "/v1/disputes"}) {
        std::map<std::string, std::set<std::string>> forms;
        for (const Json& each : walk(list, stored)) {
            forms[text_of(each, "status") + text_of(each, "type")] = members(each);
        }
        for (const Json& each : walk(list, seller)) {
            std::string kind = text_of(each, "status") + text_of(each, "type");
            if (forms.contains(kind)) {
                EXPECT_EQ(members(each), forms[kind]) << list;
            }
            EXPECT_EQ(dump(each).find("sample"), std::string::npos);
        }
    }
}

TEST_F(StripeSimGenerated, SumsEqualThoseOfTheLists) {
    std::vector<Json> charges = walk("/v1/charges", seller);
    int64_t from = int_of(charges[600], "created");
    int64_t to = int_of(charges[100], "created");
    server.world().add_charges(seller, {{"amount", 777}, {"created", from + 10}});
    server.world().refund(seller, {{"charge", text_of(charges[300], "id")}});
    std::string filter =
        "?created[gte]=" + std::to_string(from) + "&created[lt]=" + std::to_string(to);
    Json sums =
        script("sums", {{"account", seller}, {"created", {{"gte", from}, {"lt", to}}}}).body;
    int64_t amount = 0;
    int64_t refunded = 0;
    int64_t failed = 0;
    charges = walk("/v1/charges" + filter, seller);
    for (const Json& charge : charges) {
        amount += int_of(charge, "amount");
        refunded += int_of(charge, "amount_refunded");
        failed += charge["status"] == "failed" ? 1 : 0;
    }
    EXPECT_EQ(sums["charges"]["usd"], (Json{{"count", charges.size()},
                                            {"amount", amount},
                                            {"refunded", refunded},
                                            {"failed", failed}}));
    amount = 0;
    int64_t fee = 0;
    int64_t net = 0;
    std::vector<Json> rows = walk("/v1/balance_transactions" + filter, seller);
    for (const Json& row : rows) {
        amount += int_of(row, "amount");
        fee += int_of(row, "fee");
        net += int_of(row, "net");
    }
    EXPECT_EQ(sums["balance_transactions"]["usd"],
              (Json{{"count", rows.size()}, {"amount", amount}, {"fee", fee}, {"net", net}}));
    EXPECT_EQ(sums["refunds"]["usd"]["count"], walk("/v1/refunds" + filter, seller).size());
    EXPECT_EQ(script("sums", {{"account", "acct_none"}}).code(), "resource_missing");
}

TEST_F(StripeSimGenerated, NewObjectsAreListedByTheirCreationTime) {
    std::vector<Json> before = walk("/v1/charges", seller);
    int64_t middle = int_of(before[300], "created");
    Json ids = server.world().add_charges(seller, {{"count", 2}});
    Json old = server.world().add_charges(seller, {{"created", middle}});
    std::vector<Json> after = walk("/v1/charges", seller);
    ASSERT_EQ(after.size(), before.size() + 3);
    EXPECT_EQ(after[0]["id"], ids[1]);
    EXPECT_EQ(after[1]["id"], ids[0]);
    // Within the second, the stored one is the newest.
    auto at = std::find_if(after.begin(), after.end(),
                           [&](const Json& charge) { return charge["id"] == old[0]; });
    ASSERT_NE(at, after.end());
    EXPECT_GT((*(at - 1))["created"], middle);
    EXPECT_EQ((*(at + 1))["created"], middle);
    Json newer = get("/v1/charges?limit=3&ending_before=" + text_of(*(at + 1), "id"), seller).body;
    EXPECT_EQ(newer["data"][2]["id"], old[0]);
}

TEST_F(StripeSimGenerated, AChangeStoresOneObjectAndKeepsItsPosition) {
    std::vector<Json> before = walk("/v1/charges", seller);
    auto paid = std::find_if(before.begin() + 150, before.end(), [](const Json& charge) {
        return charge["paid"] == true && charge["amount_refunded"] == 0;
    });
    std::string id = text_of(*paid, "id");
    Got refund = post("/v1/refunds", "charge=" + id, seller);
    ASSERT_EQ(refund.status, 200) << refund.body;
    EXPECT_EQ(server.world().account(seller).charges.stored(), 1U);
    std::vector<Json> after = walk("/v1/charges", seller);
    ASSERT_EQ(after.size(), before.size());
    for (size_t i = 0; i < after.size(); ++i) {
        EXPECT_EQ(after[i]["id"], before[i]["id"]);
        EXPECT_EQ(after[i] == before[i], before[i]["id"] != id);
    }
    EXPECT_EQ(get("/v1/charges/" + id, seller).body["refunded"], true);
    EXPECT_EQ(get("/v1/refunds", seller).body["data"][0]["charge"], id);
    EXPECT_EQ(script("dispute", {{"charge", text_of(before[400], "id")}}).status, 200);
    EXPECT_EQ(server.world().account(seller).charges.stored(), 2U);
}

TEST_F(StripeSimGenerated, RowsBecomeAvailableWithTheClock) {
    auto pending = [&] {
        std::vector<Json> rows = walk("/v1/balance_transactions?type=charge", seller);
        return std::count_if(rows.begin(), rows.end(),
                             [](const Json& row) { return row["status"] == "pending"; });
    };
    EXPECT_EQ(pending(), 730 - 73);
    server.world().advance(3 * 24 * 3600);
    EXPECT_EQ(pending(), 0);
}

TEST_F(StripeSimGenerated, BadParametersAreRefusedByName) {
    auto refused = [&](const Json& params) { return script("generate", params).param(); };
    EXPECT_EQ(refused({{"charges", 5}, {"colour", "red"}}), "colour");
    EXPECT_EQ(refused({{"charges", -1}}), "charges");
    EXPECT_EQ(refused({{"charges", 5}, {"refunded", 1.5}}), "refunded");
    EXPECT_EQ(refused({{"charges", 5}, {"from", kStart + 1}}), "from");
    EXPECT_EQ(refused({{"charges", 5}, {"to", kStart + 1}}), "to");
    EXPECT_EQ(refused({{"charges", 5}, {"amount_min", 500}, {"amount_max", 400}}), "amount_max");
    EXPECT_EQ(refused({{"charges", 5}, {"account", "acct_none"}}), "account");
    EXPECT_EQ(refused({{"accounts", 0}}), "accounts");
    EXPECT_EQ(refused({{"accounts", 5}, {"stages", {{"dreaming", 1}}}}), "stages[dreaming]");
    EXPECT_EQ(refused({{"accounts", 5}, {"stages", {{"enabled", 0.9}, {"paused", 0.9}}}}),
              "stages");
    EXPECT_EQ(refused(Json::object()), "accounts");
    Options options = fixed_options();
    options.generate = {"{\"accounts\":-1}"};
    EXPECT_THROW(Server{options}, std::runtime_error);
}

}  // namespace
}  // namespace stripe_sim
