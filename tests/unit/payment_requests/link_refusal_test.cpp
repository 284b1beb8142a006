// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/link_refusal.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace paysync::payment_requests {
namespace {

using Kind = stripe::Error::Kind;

stripe::Error error(Kind kind, int status, const std::string& code = "",
                    const std::string& message = "") {
    stripe::Error::Details details;
    details.code = code;
    details.message = message;
    return stripe::Error(kind, status, details);
}

struct RefusalCase {
    const char* situation;
    stripe::Error error;
    LinkCall call;
    bool control_failed;
    Concern concern;
    CallEffect effect;
    LinkRetry retry;
    bool suspects;
};

TEST(LinkRefusals, FollowTheTable) {
    const RefusalCase cases[] = {
        {"key expired", error(Kind::authentication, 401), LinkCall::make, true, Concern::key,
         CallEffect::keep, LinkRetry::with_pass, false},
        {"right missing, and the control call is refused", error(Kind::permission, 403),
         LinkCall::look, true, Concern::key, CallEffect::keep, LinkRetry::with_pass, false},
        {"403 of one account", error(Kind::permission, 403), LinkCall::make, false,
         Concern::account, CallEffect::keep, LinkRetry::backing, true},
        {"account gone", error(Kind::account_gone, 403, "account_invalid"), LinkCall::make, false,
         Concern::account, CallEffect::keep, LinkRetry::backing, true},
        {"500", error(Kind::server, 500), LinkCall::make, false, Concern::stripe, CallEffect::keep,
         LinkRetry::soon, false},
        {"no answer", error(Kind::connection, 0), LinkCall::look, false, Concern::stripe,
         CallEffect::keep, LinkRetry::soon, false},
        {"key of another body", error(Kind::idempotency_mismatch, 400), LinkCall::make, false,
         Concern::stripe, CallEffect::look_up, LinkRetry::soon, false},
        {"restricted", error(Kind::bad_request, 400, "account_not_active"), LinkCall::make, false,
         Concern::account, CallEffect::end, LinkRetry::backing, true},
        {"capability inactive, a code that nobody knows",
         error(Kind::bad_request, 400, "new_code",
               "Your account must have the card_payments capability enabled."),
         LinkCall::make, false, Concern::account, CallEffect::end, LinkRetry::backing, true},
        {"amount too small", error(Kind::bad_request, 400, "amount_too_small"), LinkCall::make,
         false, Concern::body, CallEffect::end, LinkRetry::backing, false},
        {"no such link", error(Kind::not_found, 404, "resource_missing"), LinkCall::look, false,
         Concern::link, CallEffect::keep, LinkRetry::soon, false},
        {"a wrong call", error(Kind::bad_request, 400), LinkCall::look, false, Concern::link,
         CallEffect::keep, LinkRetry::backing, false},
    };
    for (const auto& [situation, error, call, control_failed, concern, effect, retry, suspects] :
         cases) {
        SCOPED_TRACE(situation);
        const auto& row = link_refusal(error, call, control_failed);
        EXPECT_STREQ(to_string(row.concern), to_string(concern));
        EXPECT_STREQ(to_string(row.effect), to_string(effect));
        EXPECT_STREQ(to_string(row.retry), to_string(retry));
        EXPECT_EQ(row.suspects, suspects);
        EXPECT_STRNE(row.reason_code, "");
    }
}

TEST(LinkRefusals, EveryKindOfErrorHasARowForEveryCall) {
    for (int kind = 0; kind <= static_cast<int>(Kind::wrong_mode); ++kind)
        for (const auto call : {LinkCall::make, LinkCall::look})
            for (const bool control_failed : {false, true}) {
                const auto& row =
                    link_refusal(error(static_cast<Kind>(kind), 400), call, control_failed);
                EXPECT_TRUE(row.kinds == 0 || (row.kinds >> kind & 1U) == 1U) << row.error;
                // Nothing but the key ends the pass for all.
                EXPECT_EQ(row.retry == LinkRetry::with_pass, row.concern == Concern::key);
            }
}

TEST(LinkRefusals, PausesGrowUntilSixHours) {
    const auto& body = link_refusal(error(Kind::bad_request, 400), LinkCall::make, false);
    EXPECT_EQ(pause_seconds(body, 1), 60);
    EXPECT_EQ(pause_seconds(body, 2), 120);
    EXPECT_EQ(pause_seconds(body, 5), 960);
    EXPECT_EQ(pause_seconds(body, 100), 6 * 3600);
    const auto& stripe = link_refusal(error(Kind::server, 500), LinkCall::make, false);
    EXPECT_EQ(pause_seconds(stripe, 100), kSoonSeconds);
}

std::string table_row(const LinkRefusal& row) {
    const char* call = !row.call ? "any" : *row.call == LinkCall::make ? "creation" : "any other";
    return std::string("| ") + row.error + " | " + call + " | " + to_string(row.concern) + " | " +
           to_string(row.effect) + " | `" + row.reason_code + "`, " + to_string(row.retry) + " | " +
           (row.suspects ? "yes" : "no") + " |\n";
}

TEST(LinkRefusals, TableIsTheOneInTheDocs) {
    std::string table =
        "| error | call | who has to change | stored call | request and delivery wait | account is "
        "read again |\n"
        "|---|---|---|---|---|---|\n";
    for (const auto& row : link_refusals())
        table += table_row(row);
    std::ifstream file(PAYSYNC_SOURCE_DIR "/docs/architecture.md");
    std::stringstream page;
    page << file.rdbuf();
    EXPECT_NE(page.str().find(table), std::string::npos)
        << "docs/architecture.md needs this table:\n"
        << table;
}

}  // namespace
}  // namespace paysync::payment_requests
