// SPDX-License-Identifier: MIT
#include "jobs/stripe/error.hpp"

#include "jobs/stripe/mode.hpp"
#include "jobs/stripe/retry.hpp"
#include "tests/support/stripe_data.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace paysync::stripe {
namespace {

using Kind = Error::Kind;

http::Response answer(int status, std::string body,
                      std::map<std::string, std::string> headers = {}) {
    http::Response response;
    response.status = status;
    response.body = std::move(body);
    response.headers = std::move(headers);
    return response;
}

http::Response failure(int status, const std::string& type, const std::string& code,
                       const std::string& message = "No.") {
    const nlohmann::json error = {{"type", type}, {"code", code}, {"message", message}};
    return answer(status, nlohmann::json{{"error", error}}.dump());
}

Kind kind(int status, const std::string& type, const std::string& code) {
    return to_error(failure(status, type, code)).kind();
}

TEST(StripeError, ClassifiesStatusTypeAndCode) {
    EXPECT_EQ(kind(400, "invalid_request_error", "parameter_missing"), Kind::bad_request);
    EXPECT_EQ(kind(400, "idempotency_error", ""), Kind::idempotency_mismatch);
    EXPECT_EQ(kind(400, "invalid_request_error", "rate_limit"), Kind::rate_limited);
    EXPECT_EQ(kind(401, "invalid_request_error", "api_key_expired"), Kind::authentication);
    EXPECT_EQ(kind(402, "card_error", "card_declined"), Kind::bad_request);
    EXPECT_EQ(kind(403, "invalid_request_error", "account_invalid"), Kind::account_gone);
    EXPECT_EQ(kind(403, "invalid_request_error", ""), Kind::permission);
    EXPECT_EQ(kind(404, "invalid_request_error", "resource_missing"), Kind::not_found);
    EXPECT_EQ(kind(404, "invalid_request_error", "account_invalid"), Kind::account_gone);
    EXPECT_EQ(kind(409, "idempotency_error", "idempotency_key_in_use"), Kind::conflict);
    EXPECT_EQ(kind(424, "api_error", ""), Kind::server);
    EXPECT_EQ(kind(429, "invalid_request_error", "lock_timeout"), Kind::rate_limited);
    EXPECT_EQ(kind(500, "api_error", ""), Kind::server);
    EXPECT_EQ(kind(302, "", ""), Kind::server);
    EXPECT_EQ(to_error(failure(404, "invalid_request_error", "resource_missing",
                               "No such account: 'acct_1'"))
                  .kind(),
              Kind::account_gone);
}

TEST(StripeError, DistinguishesALostAccountFromADeniedOne) {
    const auto lost = to_error(failure(403, "invalid_request_error", "account_invalid"));
    EXPECT_TRUE(lost.account_lost());
    EXPECT_TRUE(lost.account_denied());
    const auto unknown = to_error(failure(404, "invalid_request_error", "resource_missing"));
    EXPECT_FALSE(unknown.account_lost()) << "it may be the link that is not there";
    EXPECT_TRUE(unknown.account_denied());
    for (const int status : {400, 401, 403, 409, 429, 500})
        EXPECT_FALSE(to_error(failure(status, "", "")).account_denied()) << status;
}

TEST(StripeError, ClassifiesRetryableErrors) {
    for (const int status : {409, 424, 429, 500, 503})
        EXPECT_TRUE(to_error(failure(status, "", "")).retryable()) << status;
    for (const int status : {400, 401, 402, 403, 404})
        EXPECT_FALSE(to_error(failure(status, "", "")).retryable()) << status;
}

TEST(StripeError, KeepsStripesCodeParamAndMessage) {
    const Error error =
        to_error(answer(400, R"({"error":{"type":"invalid_request_error","code":"parameter_missing",
                       "message":"Missing required param: url.","param":"url","x":[1]}})",
                        {{"request-id", "req_1"}, {"retry-after", "7"}}));
    EXPECT_EQ(error.status(), 400);
    EXPECT_EQ(error.type(), "invalid_request_error");
    EXPECT_EQ(error.code(), "parameter_missing");
    EXPECT_EQ(error.param(), "url");
    EXPECT_EQ(error.message(), "Missing required param: url.");
    EXPECT_EQ(error.request_id(), "req_1");
    EXPECT_EQ(error.retry_after(), std::chrono::seconds(7));
    EXPECT_STREQ(error.what(),
                 "Stripe: bad_request, HTTP 400, parameter_missing, parameter url: Missing "
                 "required param: url. [req_1]");
}

TEST(StripeError, IgnoresARetryAfterThatIsNotANumber) {
    for (const char* text :
         {"", "soon", "-1", "5x", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999999999999999"})
        EXPECT_EQ(to_error(answer(429, "{}", {{"retry-after", text}})).retry_after(), std::nullopt)
            << text;
}

TEST(StripeError, ReadsTheErrorFormatOfOauth) {
    const Error error = to_error(answer(
        400, R"({"error":"invalid_grant","error_description":"Code ac_FakeCode1 is unknown"})"));
    EXPECT_EQ(error.kind(), Kind::bad_request);
    EXPECT_EQ(error.code(), "invalid_grant");
    EXPECT_EQ(error.message(), "Code ac_… is unknown");
    EXPECT_EQ(to_error(answer(401, R"({"error":"invalid_client"})")).kind(), Kind::authentication);
}

TEST(StripeError, AcceptsAnyBody) {
    for (const char* body : {"", "<html>Bad gateway</html>", "[]", "null", "{}", "{\"error\":5}",
                             "{\"error\":{\"message\":[]}}", "{\"error\":{\"code\":\"\\u0000\"}}",
                             "{\"error\":null}", "\xff"}) {
        const Error error = to_error(answer(502, body));
        EXPECT_EQ(error.kind(), Kind::server) << body;
        EXPECT_EQ(error.status(), 502);
    }
}

TEST(StripeError, NamesTheMissingPermission) {
    const Error error = to_error(failure(
        403, "invalid_request_error", "",
        "The provided key 'rk_test_paysyncFake*****0000' does not have the required permissions "
        "for this endpoint on account 'acct_1'. Having the 'rak_charge_read' permission would "
        "allow this request to continue."));
    EXPECT_EQ(error.kind(), Kind::permission);
    EXPECT_EQ(error.permission(), "rak_charge_read");
    EXPECT_NE(std::string(error.what()).find("rak_charge_read"), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find("paysyncFake"), std::string::npos);
    EXPECT_EQ(to_error(failure(403, "", "", "Your address is not allowed")).permission(), "");
}

TEST(StripeError, NeverContainsAKey) {
    EXPECT_EQ(redact("key 'sk_test_paysync123' bad"), "key 'sk_…' bad");
    EXPECT_EQ(redact("rk_live_paysync***45."), "rk_….");
    EXPECT_EQ(redact("a=whsec_paysync,sk_a"), "a=whsec_…,sk_…");
    EXPECT_EQ(redact("ask_question, acct_1, risk_level, mac_1"),
              "ask_question, acct_1, risk_level, mac_1");
    EXPECT_EQ(redact("sk_"), "sk_");
    EXPECT_EQ(redact(""), "");
    EXPECT_EQ(redact("…sk_test_paysync1…"), "…sk_……");

    Error::Details details;
    details.message = "Invalid API Key provided: sk_test_paysyncSecret";
    details.code = "sk_test_paysyncSecret";
    const Error error(Kind::authentication, 401, details);
    for (const std::string& text : {std::string(error.what()), error.message(), error.code()})
        EXPECT_EQ(text.find("paysyncSecret"), std::string::npos) << text;
}

bool repeats(int status, std::map<std::string, std::string> headers = {},
             const std::string& code = "") {
    http::Response response = failure(status, "invalid_request_error", code);
    response.headers = std::move(headers);
    return worth_repeating(response, to_error(response));
}

TEST(StripeRetry, FollowsStripesShouldRetryHeaderFirst) {
    EXPECT_TRUE(repeats(400, {{"stripe-should-retry", "true"}}));
    EXPECT_FALSE(repeats(500, {{"stripe-should-retry", "false"}}));
    EXPECT_FALSE(repeats(429, {{"stripe-should-retry", "false"}}));
    EXPECT_TRUE(repeats(409));
    EXPECT_TRUE(repeats(500));
    EXPECT_TRUE(repeats(503));
    EXPECT_TRUE(repeats(429));
    EXPECT_TRUE(repeats(400, {}, "rate_limit"));
    for (const int status : {400, 401, 402, 403, 404, 424})
        EXPECT_FALSE(repeats(status)) << status;
}

TEST(StripeRetry, DecidesLikeStripesClientExceptForRateLimits) {
    const auto path = stripe_data("golden-vectors.json");
    if (!path)
        GTEST_SKIP()
            << "Stripe's golden-vectors.json is not here; PAYSYNC_STRIPE_DATA may name its folder";
    std::ifstream file(*path);
    const auto vectors = nlohmann::json::parse(file);
    int checked = 0;
    for (const auto& vector : vectors["retry_decision_first_attempt"]) {
        if (vector["status"].is_null() || vector["status"] == 200)
            continue;
        const auto headers = vector["headers"].get<std::map<std::string, std::string>>();
        const bool ours = vector["official_client_retries"] || vector["status"] == 429;
        EXPECT_EQ(repeats(vector["status"], headers), ours) << vector;
        ++checked;
    }
    EXPECT_GT(checked, 10);
}

TEST(StripeRetry, WaitsLongerEachTime) {
    using std::chrono::milliseconds;
    EXPECT_EQ(backoff(2, 1), milliseconds(500));
    EXPECT_EQ(backoff(3, 1), milliseconds(1000));
    EXPECT_EQ(backoff(4, 0.5), milliseconds(1000));
    EXPECT_EQ(backoff(50, 1), milliseconds(5000));
    EXPECT_EQ(backoff(3, 0), milliseconds(0));
}

TEST(StripeMode, ContradictsOnlyAnExplicitMode) {
    EXPECT_FALSE(contradicts_mode(R"({"livemode":false})", false));
    EXPECT_FALSE(contradicts_mode(R"({"livemode" : true})", true));
    EXPECT_TRUE(contradicts_mode(R"({"id":"x","livemode": true})", false));
    EXPECT_TRUE(contradicts_mode(R"({"data":[{"livemode":false},{"livemode":false}]})", true));
    EXPECT_FALSE(contradicts_mode(R"({"id":"acct_1"})", true));
    EXPECT_FALSE(contradicts_mode("", true));
    EXPECT_FALSE(contradicts_mode(R"({"livemode")", true));
    EXPECT_FALSE(contradicts_mode(R"({"livemode":null})", true));
    EXPECT_FALSE(contradicts_mode(R"({"not_livemode":true})", false));
    // A text of another application that only looks like the member.
    EXPECT_FALSE(contradicts_mode(R"({"d":"\"livemode\":true","livemode":false})", false));
    EXPECT_FALSE(contradicts_mode(R"({"d":"\"livemode\":true"})", false));
    EXPECT_TRUE(contradicts_mode(R"({"metadata":{"livemode":"true"},"livemode":false})", true));
}

}  // namespace
}  // namespace paysync::stripe
