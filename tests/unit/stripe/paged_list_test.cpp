// SPDX-License-Identifier: MIT
#include "jobs/stripe/paged_list.hpp"

#include "jobs/stripe/error.hpp"
#include "jobs/stripe/json.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_http.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

namespace paysync::stripe {
namespace {

class StripePagedList : public testing::Test {
protected:
    static PagedList::Query query() {
        PagedList::Query query;
        query.path = "/v1/charges";
        query.filter.add("created[gte]", 5);
        query.account = "acct_1";
        query.expand = "balance_transaction";
        query.limit = 2;
        return query;
    }
    static std::string url(const std::string& cursor = "", const std::string& from = "5") {
        return "https://api.stripe.com/v1/charges?created[gte]=" + from +
               "&limit=2&expand[]=data.balance_transaction" +
               (cursor.empty() ? "" : "&starting_after=" + cursor);
    }
    void answer(const std::string& url, const std::string& ids, bool has_more) {
        std::string items;
        for (const char id : ids)
            items += (items.empty() ? "" : ",") + (R"({"id":"ch_)" + std::string(1, id)) + "\"}";
        http_.on("GET", url, 200,
                 R"({"object":"list","data":[)" + items + R"(],"has_more":)" +
                     (has_more ? "true}" : "false}"),
                 {{"request-id", "req_1"}});
    }
    std::optional<FetchedPage> next() { return run_task(loop_, clock_, list_.next()); }
    std::string problem_of_next() {
        try {
            next();
        } catch (const FieldError& error) {
            return error.what();
        }
        return "-";
    }

    Loop loop_;
    FakeClock clock_{loop_};
    FakeHttp http_;
    Budget budget_{clock_, Budget::Options()};
    Client client_{http_, clock_, budget_, Client::Options()};
    PagedList list_{client_, query(), Priority::background, std::stop_token()};
};

TEST_F(StripePagedList, FollowsTheCursorToTheLastPage) {
    answer(url(), "32", true);
    answer(url("ch_2"), "1", false);
    const auto first = next();
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->outline.has_more);
    EXPECT_EQ(first->reply.request_id, "req_1");
    EXPECT_EQ(list_.cursor(), "ch_2");
    const auto last = next();
    ASSERT_TRUE(last);
    EXPECT_FALSE(last->outline.has_more);
    EXPECT_FALSE(next());
    EXPECT_EQ(http_.requests().size(), 2U);
    EXPECT_EQ(FakeHttp::header(http_.requests().at(0), "Stripe-Account"), "acct_1");
}

TEST_F(StripePagedList, AnEmptyListHasOnePage) {
    answer(url(), "", false);
    EXPECT_TRUE(next());
    EXPECT_FALSE(next());
}

TEST_F(StripePagedList, ContinuesBehindAnObjectWithAnotherFilter) {
    list_.continue_after("ch_7");
    answer(url("ch_7"), "6", true);
    next();
    Form filter;
    filter.add("created[gte]", 9);
    list_.set_filter(filter);
    answer(url("ch_6", "9"), "5", false);
    EXPECT_TRUE(next());
}

TEST_F(StripePagedList, ThrowsForAListThatCannotBeContinued) {
    answer(url(), "", true);
    EXPECT_EQ(problem_of_next(),
              "a page of the list cannot be read: data: has more pages behind it but no object "
              "with an id [req_1]");
    answer(url(), "2", true);
    next();
    answer(url("ch_2"), "2", true);
    EXPECT_EQ(problem_of_next(),
              "a page of the list cannot be read: data: ends with the object that it was asked to "
              "follow [req_1]");
    http_.on("GET", url("ch_2"), 200, "<html></html>");
    EXPECT_NE(problem_of_next(), "-");
}

TEST_F(StripePagedList, BeginsAgainWhenTheObjectOfTheCursorIsGone) {
    answer(url(), "2", true);
    next();
    http_.on("GET", url("ch_2"), 404, R"({"error":{"code":"resource_missing"}})");
    try {
        next();
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_TRUE(list_.is_cursor_gone(error));
        list_.restart();
        EXPECT_FALSE(list_.is_cursor_gone(error)) << "there is no cursor";
    }
    answer(url(), "1", false);
    EXPECT_TRUE(next());
}

}  // namespace
}  // namespace paysync::stripe
