// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/reconciliation/pages_store.hpp"
#include "jobs/stripe/page_outline.hpp"
#include "tests/postgres/schema/database.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paysync::test {

using Json = nlohmann::json;

/// The creation time of the test objects: one hour before the first call, in Unix seconds. It is
/// constant, so that the same object made twice is equal.
inline std::int64_t an_hour_ago() {
    static const auto made = std::chrono::duration_cast<std::chrono::seconds>(
        (std::chrono::system_clock::now() - std::chrono::hours(1)).time_since_epoch());
    return made.count();
}

/// A charge's ledger row as Stripe sends it, with a fee of two parts.
inline Json ledger_row(const std::string& id, std::int64_t amount,
                       const std::string& currency = "usd") {
    return {{"id", id},
            {"object", "balance_transaction"},
            {"amount", amount},
            {"available_on", an_hour_ago() + 86400},
            {"created", an_hour_ago()},
            {"currency", currency},
            {"description", nullptr},
            {"exchange_rate", nullptr},
            {"fee", 40},
            {"fee_details",
             {{{"amount", 30},
               {"application", nullptr},
               {"currency", currency},
               {"description", "Stripe processing fees"},
               {"type", "stripe_fee"}},
              {{"amount", 10},
               {"application", "ca_1"},
               {"currency", currency},
               {"description", nullptr},
               {"type", "application_fee"}}}},
            {"net", amount - 40},
            {"reporting_category", "charge"},
            {"source", "ch_" + id.substr(4)},
            {"status", "pending"},
            {"type", "charge"}};
}

/// A succeeded and captured card payment ch_NUMBER as Stripe sends it.
inline Json charge(const std::string& number, std::int64_t amount = 1250,
                   const std::string& currency = "usd") {
    return {{"id", "ch_" + number},
            {"object", "charge"},
            {"amount", amount},
            {"amount_captured", amount},
            {"amount_refunded", 0},
            {"application_fee_amount", nullptr},
            {"balance_transaction", ledger_row("txn_" + number, amount, currency)},
            {"billing_details", {{"email", "payer@example.com"}, {"name", "Paula \"P\" \\ Payer"}}},
            {"captured", true},
            {"created", an_hour_ago()},
            {"currency", currency},
            {"customer", nullptr},
            {"description", "Invoice, {7}"},
            {"disputed", false},
            {"failure_code", nullptr},
            {"failure_message", nullptr},
            {"livemode", false},
            {"metadata", Json::object()},
            {"outcome", {{"type", "authorized"}}},
            {"paid", true},
            {"payment_intent", "pi_" + number},
            {"payment_method_details",
             {{"type", "card"},
              {"card",
               {{"brand", "visa"},
                {"country", "DE"},
                {"funding", "credit"},
                {"last4", "4242"},
                {"wallet", nullptr}}}}},
            {"receipt_email", nullptr},
            {"receipt_url", "https://pay.stripe.test/receipts/1"},
            {"refunded", false},
            {"statement_descriptor", nullptr},
            {"status", "succeeded"}};
}

/// A charge whose metadata has the id of the request that it pays.
inline Json paying(Json charge, const std::string& request_id) {
    charge["metadata"]["request_id"] = request_id;
    return charge;
}

inline std::string page_of(const std::vector<Json>& items, bool has_more = false) {
    return Json{{"object", "list"}, {"data", items}, {"has_more", has_more}, {"url", "/v1/charges"}}
        .dump();
}

/// The company acme with the connected test account acct_1, and the lease on one of its streams
/// (charges by default); there are no other streams.
class ReconciliationTest : public SchemaTest {
protected:
    using Lease = reconciliation::store::StreamLease;
    using Stored = reconciliation::store::StoredObjects;

    explicit ReconciliationTest(const std::string& stream = "charges") {
        run("CREATE FUNCTION keep_out() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; "
            "END';"
            "CREATE TRIGGER one_stream BEFORE INSERT ON pay_private.stream FOR EACH ROW "
            "WHEN (NEW.stream <> '" +
            stream + "') EXECUTE FUNCTION keep_out()");
        connect("acct_1", "acme");
        lease_ = claim().value().lease;
    }

    void connect(const std::string& account_id, const std::string& company) {
        run(
            fmt::format("INSERT INTO pay_private.integration (account_id, company, livemode, "
                        "origin, stage, current) "
                        "VALUES ('{}', '{}', false, 'existing', 'completed', NOT EXISTS (SELECT "
                        "FROM pay_private.integration WHERE company = '{}' AND current))",
                        account_id, company, company));
        call(reconciliation::store::add_streams);
    }

    /// Calls a store function in its own transaction.
    template <typename R, typename... P, typename... A>
    R call(R (*function)(pqxx::work&, P...), A&&... args) {
        pqxx::work tx(connection_);
        if constexpr (std::is_void_v<R>) {
            function(tx, std::forward<A>(args)...);
            tx.commit();
        } else {
            R result = function(tx, std::forward<A>(args)...);
            tx.commit();
            return result;
        }
    }

    std::optional<reconciliation::store::Turn> claim_beside(std::vector<std::string> busy) {
        return call(reconciliation::store::claim_due, times_, std::move(busy), 60.0,
                    std::string("daemon-1"));
    }

    std::optional<reconciliation::store::Turn> claim() { return claim_beside({}); }

    /// Releases the stream and claims it again, for the next walk if the last one is finished.
    reconciliation::store::Turn next_turn() {
        call(reconciliation::store::release_done, lease_, false);
        run("UPDATE pay_private.stream SET next_run_at = now() - interval '1 second' WHERE "
            "account_id = '" +
            lease_.account_id + "'");
        auto turn = claim().value();
        lease_ = turn.lease;
        return turn;
    }

    Stored store(const std::vector<Json>& items, bool has_more = false) {
        return store_body(page_of(items, has_more));
    }
    /// The page after those stored before, as the reader passes it on.
    Stored store_body(const std::string& body) {
        if (value("SELECT walk_from FROM pay_private.stream WHERE account_id = '" +
                  lease_.account_id + "'") == "NULL")
            next_turn();
        reconciliation::store::ListPage page;
        page.body = body;
        page.response = response();
        page.slice.from = std::stoll(
            value("SELECT extract(epoch FROM since)::bigint FROM pay_private.slice ORDER BY until "
                  "DESC LIMIT 1"));
        const auto outline = stripe::outline_page(body);
        page.slice.cursor = outline.last_id;
        page.last = !outline.has_more;
        page.listed.from = outline.has_more ? outline.oldest.value_or(0) + 1 : page.slice.from;
        page.listed.to = outline.newest.value_or(page.slice.from);
        return store_pages({page});
    }
    Stored store_pages(reconciliation::store::ListPages pages) {
        return call(reconciliation::store::store_pages, lease_, times_,
                    std::make_shared<const reconciliation::store::ListPages>(std::move(pages)));
    }
    /// Stripe's next response.
    reconciliation::store::ResponseInfo response() {
        reconciliation::store::ResponseInfo response;
        response.stripe_request_id = "req_" + std::to_string(++reads_);
        response.asked_at = std::chrono::steady_clock::now();
        return response;
    }
    /// Stores Stripe's answer to a request for one object.
    Stored store_one(const std::string& id, const std::string& body) {
        return call(reconciliation::store::store_object, lease_, id, body, response());
    }

    /// An open request of acme for 12.50, sent, with a live link plink_REQUEST on acct_1.
    std::string request(const Columns& special = {}) {
        const auto id = value(insert_into("pay.payment_request",
                                          {{"company", "'acme'"},
                                           {"to_email", "'payer@example.com'"},
                                           {"amount", "1250"},
                                           {"currency", "'usd'"},
                                           {"description", "'Invoice 7'"}},
                                          special) +
                              " RETURNING request_id");
        run(fmt::format(
            "UPDATE pay.payment_request SET account_id = 'acct_1', livemode = false "
            "WHERE request_id = '{0}';"
            "UPDATE pay_private.delivery SET state = 'sent', accepted_at = now(), "
            "message_key = 1 WHERE request_id = '{0}';"
            "INSERT INTO pay_private.payment_link (link_id, request_id, account_id, "
            "amount, url, active, wanted_active, created_at) SELECT 'plink_{0}', '{0}', "
            "'acct_1', amount, 'https://buy.stripe.test/1', true, true, "
            "now() - interval '2 hours' FROM pay.payment_request WHERE request_id = '{0}'",
            id));
        return id;
    }

    /// "state amount_paid wanted_active" of a request.
    std::string standing(const std::string& request_id) {
        return value(fmt::format(
            "SELECT r.state || ' ' || r.amount_paid || ' ' || l.wanted_active "
            "FROM pay.payment_request r JOIN pay_private.payment_link l USING (request_id) "
            "WHERE r.request_id = '{}'",
            request_id));
    }

    /// The kinds of open discrepancies.
    std::string discrepancies() {
        return column("SELECT kind FROM pay_private.discrepancy WHERE state = 'open' ORDER BY 1");
    }

    reconciliation::store::WalkTimes times_{900, 86400 * 365.0, 60, 60};
    Lease lease_;
    int reads_ = 0;
};

}  // namespace paysync::test
