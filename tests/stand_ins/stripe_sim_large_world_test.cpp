// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

#include <malloc.h>

#include <fstream>
#include <map>
#include <set>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

namespace stripe_sim {
namespace {

constexpr size_t kAccounts = 100'000;

class StripeSimLargeWorld : public StripeSim {
protected:
    Json generate_accounts(const Json& more = Json::object()) {
        Json params = {{"accounts", kAccounts},
                       {"stages",
                        {{"incomplete", 0.1},
                         {"enabled_due_soon", 0.1},
                         {"action_required", 0.1},
                         {"in_review", 0.1},
                         {"restricted", 0.1},
                         {"paused", 0.1},
                         {"rejected", 0.1}}}};
        params.update(more);
        Got made = script("generate", params);
        EXPECT_EQ(made.status, 200) << made.body;
        return made.body;
    }

    std::vector<std::string> account_ids(size_t pages) {
        std::vector<std::string> out;
        for (std::string after; pages > 0; --pages) {
            Json page = get("/v1/accounts?limit=100" + after).body;
            for (const std::string& id : ids(page)) {
                out.push_back(id);
            }
            after = "&starting_after=" + out.back();
        }
        return out;
    }

    int64_t stored_accounts() { return int_of(server.world().counts(), "accounts_stored"); }

    /// The whole answer as it was received.
    std::string raw(const std::string& path, const std::string& account = "") {
        auto result = client.Get(path.c_str(), headers(account));
        return result ? result->body : "";
    }
};

double resident_mib() {
    ::malloc_trim(0);
    std::ifstream status("/proc/self/status");
    std::string word;
    double kib = 0;
    while (status >> word && word != "VmRSS:") {
    }
    status >> kib;
    return kib / 1024;
}

/// The stage as a client derives it from the account.
std::string stage_of(const Json& account) {
    const Json& requirements = account["requirements"];
    std::string reason = text_of(requirements, "disabled_reason");
    bool charges = bool_of(account, "charges_enabled");
    bool open = charges && bool_of(account, "payouts_enabled");
    return reason.starts_with("rejected.")                 ? "rejected"
           : reason == "platform_paused"                   ? "paused"
           : !bool_of(account, "details_submitted")        ? "incomplete"
           : !requirements["past_due"].empty()             ? "action_required"
           : !requirements["pending_verification"].empty() ? "in_review"
           : !open                                         ? "restricted"
           : !requirements["currently_due"].empty()        ? "enabled_due_soon"
                                                           : "enabled";
}

TEST_F(StripeSimLargeWorld, AccountsCanBeListedReadAndActedFor) {
    Json made = generate_accounts({{"charges", 7}, {"country", "DE"}});
    std::set<std::string> seen;
    std::map<std::string, int64_t> stages;
    int64_t last = INT64_MAX;
    std::string after;
    for (int i = 0; i < 20; ++i) {
        Json page = get("/v1/accounts?limit=100" + after).body;
        ASSERT_EQ(page["data"].size(), 100U);
        for (const Json& account : page["data"]) {
            EXPECT_LE(int_of(account, "created"), last);
            last = int_of(account, "created");
            seen.insert(text_of(account, "id"));
            ++stages[stage_of(account)];
        }
        after = "&starting_after=" + text_of(page["data"][99], "id");
    }
    EXPECT_EQ(seen.size(), 2000U);
    EXPECT_EQ(stages.size(), 8U);
    int64_t total = 0;
    for (const auto& [stage, count] : stages) {
        int64_t whole = int_of(made["stages"], stage.c_str());
        EXPECT_NEAR(static_cast<double>(count), static_cast<double>(whole) / 50, 80) << stage;
        total += whole;
    }
    EXPECT_EQ(total, static_cast<int64_t>(kAccounts));

    std::string id = text_of(made, "last");
    Json account = get("/v1/accounts/" + id).body;
    EXPECT_EQ(text_of(account, "id"), id);
    EXPECT_EQ(account, get("/v1/accounts?limit=1").body["data"][0]);
    EXPECT_EQ(account, get("/v1/account", id).body);
    EXPECT_EQ(text_of(account, "default_currency"), "eur");
    EXPECT_EQ(get("/v1/accounts/" + text_of(made, "first")).status, 200);
    Json charges = get("/v1/charges", id).body;
    ASSERT_EQ(charges["data"].size(), 7U);
    EXPECT_EQ(charges["data"][0]["currency"], "eur");
    EXPECT_NE(ids(charges), ids(get("/v1/charges", *seen.begin()).body));
    id[id.size() - 3] = id[id.size() - 3] == 'x' ? 'y' : 'x';
    EXPECT_EQ(get("/v1/accounts/" + id).code(), "account_invalid");
    EXPECT_EQ(get("/v1/charges", id).code(), "account_invalid");
    EXPECT_EQ(stored_accounts(), 0);
}

TEST_F(StripeSimLargeWorld, ChangingTenAccountsStoresTen) {
    generate_accounts();
    std::vector<std::string> some = account_ids(1);
    for (size_t i = 0; i < 10; ++i) {
        Got changed = post("/v1/accounts/" + some[5 * i], "metadata[note]=seen");
        ASSERT_EQ(changed.status, 200) << changed.body;
        EXPECT_EQ(changed.body["metadata"]["note"], "seen");
    }
    EXPECT_EQ(stored_accounts(), 10);
    Json page = get("/v1/accounts?limit=100").body;
    EXPECT_EQ(ids(page), some);
    for (size_t i = 0; i < 100; ++i) {
        EXPECT_EQ(page["data"][i]["metadata"].contains("note"), i < 50 && i % 5 == 0);
    }
    EXPECT_EQ(get("/v1/events?type=account.updated", some[5]).body["data"].size(), 1U);
    EXPECT_EQ(int_of(server.world().counts(), "accounts"), static_cast<int64_t>(kAccounts));
}

TEST_F(StripeSimLargeWorld, DeauthorizedAccountsAreGone) {
    generate_accounts();
    std::vector<std::string> some = account_ids(1);
    script("accounts/" + some[1], {{"action", "deauthorize"}});
    EXPECT_EQ(get("/v1/accounts/" + some[1]).code(), "account_invalid");
    // Many other accounts are read meanwhile; the end of the connection must be kept.
    for (const std::string& id : account_ids(4)) {
        get("/v1/charges", id);
    }
    EXPECT_EQ(get("/v1/charges", some[1]).code(), "account_invalid");
    std::vector<std::string> rest = account_ids(1);
    EXPECT_EQ(rest[0], some[0]);
    EXPECT_EQ(rest[1], some[2]);
}

TEST_F(StripeSimLargeWorld, ScriptsFindTheChargesOfAnyAccount) {
    Json made = generate_accounts({{"charges", 5}});
    std::string id = text_of(made, "first");
    std::string charge = text_of(get("/v1/charges", id).body["data"][0], "id");
    for (const std::string& other : account_ids(4)) {
        get("/v1/charges?limit=1", other);
    }
    EXPECT_EQ(script("refund", {{"charge", charge}}).status, 200);
    EXPECT_EQ(get("/v1/charges/" + charge, id).body["refunded"], true);
}

TEST_F(StripeSimLargeWorld, MemoryStaysSmall) {
    if (kSanitized) {
        GTEST_SKIP() << "sanitizers keep freed memory";
    }
    generate_accounts({{"charges", 40}});
    raw("/v1/accounts?limit=100");
    double before = resident_mib();
    generate_accounts({{"charges", 40}});
    Json big = script("generate", {{"charges", 10'000'000}, {"failed", 0.05}}).body;
    std::string seller = text_of(big, "account");
    EXPECT_EQ(int_of(server.world().counts(), "charges"), 10'000'000);
    std::string after;
    for (int i = 0; i < 100; ++i) {
        std::string page = raw("/v1/charges?limit=100" + after, seller);
        size_t at = page.rfind(R"(,{"id":")");
        ASSERT_NE(at, std::string::npos);
        after = "&starting_after=" + page.substr(at + 8, page.find('"', at + 8) - at - 8);
    }
    // If they were stored, the accounts would take about 400 MiB, the charges more than 20 GiB.
    EXPECT_LT(resident_mib() - before, 8);
    before = resident_mib();
    for (const std::string& id : account_ids(30)) {
        EXPECT_FALSE(raw("/v1/charges?limit=1", id).empty());
    }
    EXPECT_EQ(stored_accounts(), 1);
    EXPECT_LT(resident_mib() - before, 8);
}

TEST_F(StripeSimLargeWorld, TheSameSeedGivesTheSameBytes) {
    auto play = [](uint64_t seed) {
        Options options = fixed_options();
        options.seed = seed;
        options.public_url = "http://pay.test";
        options.generate = {
            R"({"accounts":1000,"charges":30,"refunded":0.1,"stages":{"paused":0.5}})",
            R"({"charges":100000,"refunded":0.02,"disputed":0.01,"failed":0.05})"};
        Server other(options);
        httplib::Client browser(options.host, other.port());
        std::string out;
        auto note = [&](const httplib::Result& result) {
            out += result ? std::to_string(result->status) : "none";
            if (result) {
                for (const auto& [name, value] : result->headers) {
                    out += name + ": " + value + "\n";
                }
                out += result->body;
            }
        };
        std::string account = text_of(other.generated()[1], "account");
        httplib::Headers head = {{"Authorization", "Bearer " + options.key},
                                 {"Stripe-Version", kVersion}};
        httplib::Headers acting = head;
        acting.emplace("Stripe-Account", account);
        for (const char* fault :
             {R"({"kind":"status","status":500,"probability":0.3,"times":-1})",
              R"({"kind":"truncate","bytes":100,"probability":0.1,"times":-1})"}) {
            note(browser.Post("/_sim/faults", fault, "application/json"));
        }
        note(browser.Post("/v1/accounts", head, "country=FR", kForm));
        for (int i = 0; i < 10; ++i) {
            note(browser.Get("/v1/accounts?limit=20", head));
            note(browser.Get("/v1/charges?limit=50", acting));
            note(browser.Get("/v1/balance_transactions?limit=50", acting));
            note(browser.Post("/v1/payment_links", acting,
                              "line_items[0][price_data][currency]=usd&line_items[0][price_data]["
                              "unit_amount]=2500&line_items[0][price_data][product_data][name]=a&"
                              "line_items[0][quantity]=1",
                              kForm));
            note(browser.Post("/_sim/charges", "{\"account\":\"" + account + "\",\"count\":2}",
                              "application/json"));
            note(browser.Post("/_sim/clock", "{\"advance\":3600}", "application/json"));
            note(browser.Get("/v1/events", acting));
        }
        note(browser.Get("/_sim/requests", head));
        return out;
    };
    std::string first = play(7);
    EXPECT_GT(first.size(), 500'000U);
    EXPECT_TRUE(first == play(7));
    EXPECT_FALSE(first == play(8));
}

}  // namespace
}  // namespace stripe_sim
