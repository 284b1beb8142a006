// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/payment_requests/attempts_store.hpp"
#include "jobs/payment_requests/links_store.hpp"
#include "jobs/payment_requests/queue_store.hpp"
#include "tests/support/store_test.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace paysync::payment_requests::store {

/// The connected company acme, and the steps of a delivery through the queue.
class MailQueue : public test::StoreTest {
protected:
    MailQueue() { connect("acme"); }

    void connect(const std::string& company) {
        run("SELECT pay.register_company('" + company + "', 'Acme', email => 'pay@acme.test')");
        run("INSERT INTO pay_private.integration (account_id, company, livemode) VALUES ('acct_" +
            company + "', '" + company + "', false)");
        run("SELECT pay_private.record_stage('acct_" + company +
            "', 'completed', 'enabled', 'none', 'test', 'req_1')");
    }

    std::string request(const std::string& more = "", const std::string& company = "acme") {
        return run("SELECT pay.request_payment('" + company +
                   "', 'p@example.com', 1000, 'eur', 'Invoice'" + more + ")");
    }
    /// "state/delivery" of a request.
    std::string standing(const std::string& id) {
        return run(
            "SELECT state || '/' || delivery FROM pay.payment_requests WHERE request_id = '" + id +
            "'");
    }
    void expire_leases() {
        run("UPDATE pay_private.delivery SET leased_until = now() - interval '1 second'");
    }
    /// The lines of the default account and of account "second".
    static std::vector<Line> lines(int limit = 10, const std::string& after = "") {
        return {Line{"", "main", limit, after}, Line{"second", "second", limit, after}};
    }
    std::vector<Delivery> claim(int limit = 10, const std::string& after = "") {
        token_ = call(&leases::new_token);
        return call(&claim_due, token_, lines(limit, after), std::vector<std::string>(), 60.0,
                    std::string("d1"))
            .deliveries;
    }

    /// The data of a worker that has made the link and written the message.
    static NewAttempt opening_of(const Delivery& delivery, const std::string& bytes = kBytes) {
        NewAttempt opening;
        opening.delivery_id = delivery.delivery_id;
        opening.request_id = delivery.request.request_id;
        opening.token = delivery.token;
        opening.has_copies = !delivery.request.cc.empty();
        auto link_id = delivery.request.link_id;
        if (link_id.empty()) {
            link_id = fmt::format("plink_{}_{}", delivery.request.request_id.substr(0, 8),
                                  delivery.request.links_made + 1);
            opening.link = NewLink{delivery.request.request_id,
                                   link_id,
                                   "https://buy.example/x",
                                   delivery.request.account_id,
                                   delivery.request.amount_due,
                                   false,
                                   {}};
        }
        if (!delivery.frozen)
            opening.message =
                FrozenMessage{"m." + delivery.delivery_id + "@x.test", bytes, link_id, 0, {}};
        return opening;
    }
    std::optional<OpenAttempt> open(const NewAttempt& opening) {
        return call(&open_attempts, std::vector<NewAttempt>{opening}).at(0).attempt;
    }
    bool commit(const Delivery& delivery, int attempt) {
        return promise(delivery, attempt) == Promise::made;
    }
    Promise promise(const Delivery& delivery, int attempt) {
        SendCommit commit;
        commit.delivery_id = delivery.delivery_id;
        commit.request_id = delivery.request.request_id;
        commit.attempt = attempt;
        commit.token = delivery.token;
        return call(&commit_sends, std::vector<SendCommit>{commit}).at(0);
    }
    bool accepted(const Delivery& delivery, int attempt) {
        return call(&record_sent, std::vector<SentAttempt>{SentAttempt{
                                      delivery.delivery_id, attempt, {"accepted", 250, "ok"}}})
            .at(0);
    }

    /// Claims the one delivery that is due and opens an attempt.
    std::pair<Delivery, OpenAttempt> begin() {
        const auto claimed = claim();
        EXPECT_EQ(claimed.size(), 1U);
        const auto attempt = open(opening_of(claimed.at(0)));
        EXPECT_TRUE(attempt.has_value());
        return {claimed.at(0), *attempt};
    }

    static inline const std::string kBytes = std::string("Subject: x\r\n\r\nhello\0\xff", 22);
    std::int64_t token_ = 0;
};

}  // namespace paysync::payment_requests::store
