// SPDX-License-Identifier: MIT
#include "jobs/stripe/client.hpp"

#include "daemon/base/loop/cancelled.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_http.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace paysync::stripe {
namespace {

using Kind = Error::Kind;
using std::chrono::milliseconds;

const std::string kGet = "https://api.example.test/v1/charges?limit=1";
const std::string kPost = "https://api.example.test/v1/payment_links";

class StripeClient : public testing::Test {
protected:
    static Client::Options options() {
        Client::Options options;
        options.api_base = "https://api.example.test";
        options.connect_base = "https://connect.example.test";
        options.api_key = "sk_test_paysyncFake";
        options.timeout = milliseconds(12000);
        return options;
    }

    Reply get(std::stop_token stop = {}) {
        return run_task(loop_, clock_,
                        client_.get("/v1/charges?limit=1", "acct_1", Priority::background, stop));
    }

    Reply post() {
        return run_task(loop_, clock_,
                        client_.post("/v1/payment_links", "acct_1", "key-1", "a=1",
                                     Priority::interactive, std::stop_token()));
    }

    Reply oauth() {
        return run_task(loop_, clock_,
                        client_.post_oauth("/oauth/token", "code=ac_Fake", Priority::interactive,
                                           std::stop_token()));
    }

    template <typename Call>
    Error error_of(const Call& call) {
        try {
            call();
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "no error";
        return Error(Kind::server, 0, {});
    }

    Error get_error() {
        return error_of([this] { get(); });
    }

    milliseconds slept() const {
        const auto& all = clock_.slept();
        return std::accumulate(all.begin(), all.end(), milliseconds(0));
    }

    void TearDown() override {
        EXPECT_TRUE(http_.exhausted());
        EXPECT_EQ(budget_.in_flight(), 0);
        EXPECT_EQ(budget_.waiting(), 0);
    }

    Loop loop_;
    FakeClock clock_{loop_};
    FakeHttp http_;
    Budget budget_{clock_, Budget::Options()};
    Client client_{http_, clock_, budget_, options()};
};

TEST_F(StripeClient, GetsWithTheHeadersThatStripeRequires) {
    http_.on("GET", kGet, 200, "{}", {{"request-id", "req_1"}});
    const Reply reply = get();
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "{}");
    EXPECT_EQ(reply.request_id, "req_1");
    EXPECT_FALSE(reply.replayed);
    ASSERT_EQ(http_.requests().size(), 1U);
    const http::Request& request = http_.requests()[0];
    EXPECT_EQ(FakeHttp::header(request, "Authorization"), "Bearer sk_test_paysyncFake");
    EXPECT_EQ(FakeHttp::header(request, "Stripe-Version"), "2026-10-28.endive");
    EXPECT_EQ(FakeHttp::header(request, "Stripe-Account"), "acct_1");
    EXPECT_EQ(FakeHttp::header(request, "Idempotency-Key"), "");
    EXPECT_EQ(FakeHttp::header(request, "Accept"), "application/json");
    EXPECT_EQ(request.timeout, milliseconds(12000));
    EXPECT_EQ(request.body, "");
}

TEST_F(StripeClient, PostsWithIdempotencyKeyAndBody) {
    http_.on("POST", kPost, 200, R"({"livemode":false})", {{"idempotent-replayed", "true"}});
    EXPECT_TRUE(post().replayed);
    const http::Request& request = http_.requests().at(0);
    EXPECT_EQ(FakeHttp::header(request, "Idempotency-Key"), "key-1");
    EXPECT_EQ(FakeHttp::header(request, "Content-Type"), "application/x-www-form-urlencoded");
    EXPECT_EQ(request.body, "a=1");
}

TEST_F(StripeClient, PostsJsonForThePlatform) {
    http_.on("POST", "https://api.example.test/v2/core/accounts", 200, "{}");
    run_task(loop_, clock_,
             client_.post_json("/v2/core/accounts", "", "key-2", "{\"a\":1}", Priority::interactive,
                               std::stop_token()));
    const http::Request& request = http_.requests().at(0);
    EXPECT_EQ(FakeHttp::header(request, "Content-Type"), "application/json");
    EXPECT_EQ(FakeHttp::header(request, "Stripe-Account"), "");
    EXPECT_EQ(FakeHttp::header(request, "Idempotency-Key"), "key-2");
}

TEST_F(StripeClient, SpendsAnAuthorizationCodeOnlyOnce) {
    http_.lose("POST", "https://connect.example.test/oauth/token", "reset");
    EXPECT_EQ(error_of([this] { oauth(); }).kind(), Kind::connection);
    http_.on("POST", "https://connect.example.test/oauth/token", 500, "{}");
    EXPECT_EQ(error_of([this] { oauth(); }).kind(), Kind::server);
    http_.on("POST", "https://connect.example.test/oauth/token", 400,
             R"({"error":"invalid_grant","error_description":"used"})");
    EXPECT_EQ(error_of([this] { oauth(); }).code(), "invalid_grant");
    EXPECT_EQ(http_.requests().size(), 3U);
    EXPECT_EQ(FakeHttp::header(http_.requests()[0], "Idempotency-Key"), "");
    EXPECT_EQ(FakeHttp::header(http_.requests()[0], "Authorization"), "Bearer sk_test_paysyncFake");
}

TEST_F(StripeClient, DoesNotRepeatAStoredAnswer) {
    http_.on("POST", kPost, 500, "oops");
    http_.on("POST", kPost, 500, "oops", {{"idempotent-replayed", "true"}});
    const auto error = error_of([this] { post(); });
    EXPECT_TRUE(error.replayed()) << "the key says nothing else for a day";
    EXPECT_EQ(http_.requests().size(), 2U);
}

TEST_F(StripeClient, RetriesWithTheSameBytes) {
    http_.lose("POST", kPost, "connection reset").on("POST", kPost, 500, "oops");
    http_.on("POST", kPost, 200, "{}");
    EXPECT_EQ(post().status, 200);
    ASSERT_EQ(http_.requests().size(), 3U);
    for (const http::Request& request : http_.requests()) {
        EXPECT_EQ(request.body, "a=1");
        EXPECT_EQ(request.headers, http_.requests()[0].headers);
    }
    EXPECT_LE(slept(), milliseconds(1500));
}

TEST_F(StripeClient, GivesUpAfterThreeTries) {
    for (int i = 0; i < 3; ++i)
        http_.on("GET", kGet, 503, "<html></html>", {{"request-id", "req_" + std::to_string(i)}});
    const Error error = get_error();
    EXPECT_EQ(error.kind(), Kind::server);
    EXPECT_EQ(error.status(), 503);
    EXPECT_EQ(error.request_id(), "req_2");
    EXPECT_TRUE(error.retryable());
}

TEST_F(StripeClient, GivesUpAfterThreeLostAnswers) {
    for (int i = 0; i < 3; ++i)
        http_.lose("GET", kGet, "Connection timed out");
    const Error error = get_error();
    EXPECT_EQ(error.kind(), Kind::connection);
    EXPECT_EQ(error.status(), 0);
    EXPECT_EQ(error.message(), "Connection timed out");
    EXPECT_TRUE(error.retryable());
}

TEST_F(StripeClient, DoesNotRetryPermanentErrors) {
    for (const int status : {400, 401, 402, 403, 404}) {
        http_.on("GET", kGet, status, R"({"error":{"type":"invalid_request_error"}})");
        EXPECT_EQ(get_error().status(), status);
    }
    http_.on("GET", kGet, 500, "{}", {{"stripe-should-retry", "false"}});
    EXPECT_EQ(get_error().status(), 500);
    EXPECT_EQ(http_.requests().size(), 6U);
}

TEST_F(StripeClient, RetriesIfStripeSaysSo) {
    http_.on("GET", kGet, 400, "{}", {{"stripe-should-retry", "true"}}).on("GET", kGet, 200, "{}");
    EXPECT_EQ(get().status, 200);
    http_.on("POST", kPost, 409, R"({"error":{"code":"idempotency_key_in_use"}})");
    http_.on("POST", kPost, 200, "{}");
    EXPECT_EQ(post().status, 200);
}

TEST_F(StripeClient, SlowsDownOn429) {
    http_.on("GET", kGet, 429, "{}", {{"stripe-rate-limited-reason", "global-rate"}});
    http_.on("GET", kGet, 200, "{}");
    EXPECT_EQ(get().status, 200);
    EXPECT_LT(budget_.rate(), 15);
    EXPECT_EQ(budget_.in_flight_limit(), 8);
}

TEST_F(StripeClient, SlowsDownOnTheLegacyRateLimitCode) {
    http_.on("GET", kGet, 400, R"({"error":{"code":"rate_limit"}})").on("GET", kGet, 200, "{}");
    EXPECT_EQ(get().status, 200);
    EXPECT_LT(budget_.rate(), 15);
}

TEST_F(StripeClient, LowersItsConcurrencyOnAConcurrencyLimit) {
    http_.on("GET", kGet, 429, "{}", {{"stripe-rate-limited-reason", "endpoint-concurrency"}});
    http_.on("GET", kGet, 200, "{}");
    EXPECT_EQ(get().status, 200);
    EXPECT_DOUBLE_EQ(budget_.rate(), 20);
    EXPECT_LT(budget_.in_flight_limit(), 6);
}

TEST_F(StripeClient, ALockTimeoutSlowsDownNoOtherCall) {
    http_.on("POST", kPost, 429, R"({"error":{"code":"lock_timeout"}})");
    http_.on("POST", kPost, 200, "{}");
    EXPECT_EQ(post().status, 200);
    EXPECT_DOUBLE_EQ(budget_.rate(), 20);
    EXPECT_EQ(budget_.in_flight_limit(), 8);
}

TEST_F(StripeClient, WaitsForRetryAfter) {
    const auto begin = clock_.now();
    http_.on("GET", kGet, 429, "{}", {{"retry-after", "60"}}).on("GET", kGet, 200, "{}");
    EXPECT_EQ(get().status, 200);
    EXPECT_GE(clock_.now() - begin, std::chrono::seconds(60));
}

TEST_F(StripeClient, LeavesALongRetryAfterToTheCaller) {
    http_.on("GET", kGet, 503, "{}", {{"retry-after", "61"}});
    const Error error = get_error();
    EXPECT_EQ(error.retry_after(), std::chrono::seconds(61));
    EXPECT_EQ(http_.requests().size(), 1U);
}

TEST_F(StripeClient, OccupiesNoSlotWhileItWaits) {
    http_.on("GET", kGet, 500, "{}").on("GET", kGet, 200, "{}");
    bool ended = false;
    loop_.spawn(discard(client_.get("/v1/charges?limit=1", "acct_1", Priority::background,
                                    std::stop_token())),
                [&ended](std::exception_ptr) { ended = true; });
    settle(loop_);
    EXPECT_EQ(clock_.sleepers(), ended ? 0U : 1U);
    EXPECT_EQ(budget_.in_flight(), 0);
    clock_.advance(std::chrono::seconds(1));
    settle(loop_);
    EXPECT_TRUE(ended);
}

TEST_F(StripeClient, RefusesObjectsOfTheOtherMode) {
    http_.on("GET", kGet, 200, R"({"id":"ch_1","livemode":true})", {{"request-id", "req_5"}});
    const Error error = get_error();
    EXPECT_EQ(error.kind(), Kind::wrong_mode);
    EXPECT_EQ(error.status(), 200);
    EXPECT_EQ(error.request_id(), "req_5");
    EXPECT_FALSE(error.retryable());
    EXPECT_EQ(http_.requests().size(), 1U);
}

TEST_F(StripeClient, AReplyThatIsNotJsonIsReturnedAsItIs) {
    http_.on("GET", kGet, 200, "<html></html>");
    EXPECT_EQ(get().body, "<html></html>");
}

TEST_F(StripeClient, RefusesLineEndsInHeaders) {
    for (const std::string account : {"acct_1\r\nX: y", "acct 1", "acct_\xc3\xa9", "a\n"}) {
        const Error error = error_of([&] {
            run_task(loop_, clock_,
                     client_.get("/v1/charges", account, Priority::background, std::stop_token()));
        });
        EXPECT_EQ(error.kind(), Kind::bad_request);
    }
    EXPECT_EQ(
        error_of([this] {
            run_task(loop_, clock_,
                     client_.get("/v1/charges?a=b c", "", Priority::background, std::stop_token()));
        }).kind(),
        Kind::bad_request);
    EXPECT_EQ(error_of([this] {
                  run_task(loop_, clock_,
                           client_.post("/v1/charges", "", "key\r\n", "", Priority::background,
                                        std::stop_token()));
              }).kind(),
              Kind::bad_request);
    EXPECT_TRUE(http_.requests().empty());
}

TEST_F(StripeClient, NeverLogsItsKey) {
    http_.on("GET", kGet, 401,
             R"({"error":{"message":"Invalid API Key provided: sk_test_paysyncFake"}})");
    const Error error = get_error();
    EXPECT_EQ(error.kind(), Kind::authentication);
    EXPECT_EQ(std::string(error.what()).find("paysyncFake"), std::string::npos);
}

TEST_F(StripeClient, StopsDuringAWait) {
    for (int i = 0; i < 3; ++i)
        http_.on("GET", kGet, 429, "{}", {{"retry-after", "30"}});
    std::stop_source source;
    bool cancelled = false;
    loop_.spawn(discard(client_.get("/v1/charges?limit=1", "acct_1", Priority::background,
                                    source.get_token())),
                [&cancelled](std::exception_ptr error) {
                    try {
                        std::rethrow_exception(error);
                    } catch (const Cancelled&) {
                        cancelled = true;
                    }
                });
    settle(loop_);
    EXPECT_EQ(clock_.sleepers(), 1U);
    source.request_stop();
    settle(loop_);
    EXPECT_TRUE(cancelled);
    EXPECT_EQ(clock_.sleepers(), 0U);
    EXPECT_EQ(http_.requests().size(), 1U);
    http_.discard();
}

TEST_F(StripeClient, AnUnexpectedRequestFailsTheTest) {
    EXPECT_THROW(get(), std::logic_error);
}

}  // namespace
}  // namespace paysync::stripe
