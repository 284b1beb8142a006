// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/link_calls_store.hpp"
#include "jobs/payment_requests/link_sweep_store.hpp"
#include "tests/postgres/payment_requests/queue_fixture.hpp"

namespace paysync::payment_requests::store {
namespace {

class LinkCalls : public MailQueue {
protected:
    LinkStart begin(const std::string& id, const std::string& body = "a=1",
                    const std::string& account = "acct_acme") {
        return call(&begin_links,
                    std::vector<WantedLink>{WantedLink{id, account, "/v1/payment_links", body}})
            .at(0);
    }
    void end(const std::string& key, int status) {
        call(&stripe::finish_call, key, status, std::string(), std::string("req_1"));
    }
    /// Records a link that the call has made.
    bool made(const std::string& id, const std::string& link, const std::string& key,
              std::int64_t amount = 1000, const std::string& account = "acct_acme") {
        return call(&record_replacement_link,
                    NewLink{id, link, "https://buy.example/" + link, account, amount, false,
                            stripe::EndedCall{key, 200, link, "req_1"}});
    }
    std::string link(const std::string& id, const std::string& what) {
        return run("SELECT " + what + " FROM pay_private.payment_link WHERE link_id = '" + id +
                   "'");
    }
    std::string problem(const std::string& id) {
        return run("SELECT link_problem FROM pay.payment_requests WHERE request_id = '" + id + "'");
    }
    void store_charge(const std::string& id, const std::string& status) {
        run("INSERT INTO pay_private.charge (account_id, charge_id, livemode, created, status, "
            "paid, "
            "captured, amount, amount_captured, amount_refunded, currency, row_hash, read_at, "
            "stripe_request_id) VALUES ('acct_acme', '" +
            id + "', false, now(), '" + status +
            "', false, true, 1000, 0, 0, 'eur', 0, now(), 'req_1') ON CONFLICT (account_id, "
            "charge_id) DO UPDATE SET status = excluded.status");
    }
};

TEST_F(LinkCalls, ARefusedCallIsFollowedByOneWithANewKeyAndBody) {
    const auto id = request();
    const auto first = begin(id, "methods=nonsense");
    ASSERT_TRUE(first.call);
    EXPECT_EQ(first.refusals, 0);
    end(first.call->key, 400);
    const auto second = begin(id, "methods=card");
    ASSERT_TRUE(second.call);
    EXPECT_NE(second.call->key, first.call->key);
    EXPECT_EQ(second.call->body, "methods=card") << "corrected settings help";
    EXPECT_EQ(second.refusals, 1);
    end(second.call->key, 400);
    EXPECT_EQ(begin(id, "methods=card").refusals, 2) << "pauses grow";
}

TEST_F(LinkCalls, AnUnfinishedCallIsSentAgainWithItsBytes) {
    const auto id = request();
    const auto first = begin(id, "a=1");
    const auto again = begin(id, "a=2");
    EXPECT_EQ(again.call->key, first.call->key);
    EXPECT_EQ(again.call->body, "a=1") << "Stripe refuses a key with another body";
    EXPECT_TRUE(made(id, "plink_1", first.call->key));
    const auto third = begin(id);
    EXPECT_FALSE(third.call);
    EXPECT_EQ(third.link_id, "plink_1");
}

TEST_F(LinkCalls, AClosedRequestBeginsNoCall) {
    const auto id = request();
    run("SELECT pay.cancel_payment_request('" + id + "')");
    EXPECT_FALSE(begin(id).call);
}

TEST_F(LinkCalls, UnfinishedCallsAreTakenUpWhateverBecameOfTheRequest) {
    const auto id = request();
    const auto key = begin(id).call->key;
    EXPECT_TRUE(call(&claim_unfinished_calls, 10).empty()) << "its request is being worked on";
    run("SELECT pay.cancel_payment_request('" + id + "')");
    run("UPDATE pay_private.stripe_call SET next_try_at = now()");
    const auto calls = call(&claim_unfinished_calls, 10);
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].call.key, key);
    EXPECT_EQ(calls[0].request_id, id);
    EXPECT_TRUE(call(&claim_unfinished_calls, 10).empty()) << "not twice at once";
    EXPECT_FALSE(made(id, "plink_1", key)) << "the request wants none";
    EXPECT_EQ(link("plink_1", "active || '/' || wanted_active || '/' || deactivation_reason"),
              "true/false/cancelled");
    EXPECT_TRUE(call(&claim_unfinished_calls, 10).empty());
}

TEST_F(LinkCalls, NoLinkIsMadeWhileAnOldOneIsUnsettled) {
    const auto id = request();
    made(id, "plink_1", begin(id).call->key);
    call(&give_up_link, std::string("plink_1"), std::string("replaced"));
    auto start = begin(id);
    ASSERT_EQ(start.old.size(), 1U) << "it is on";
    EXPECT_TRUE(start.old[0].active);
    EXPECT_FALSE(start.call);

    call(&record_link_inactive, std::string("plink_1"));
    start = begin(id);
    ASSERT_EQ(start.old.size(), 1U) << "it is off, but somebody may have paid by it";
    EXPECT_FALSE(start.old[0].active);

    EXPECT_TRUE(call(&record_link_use, LinkUse{"plink_1", true, ""})) << "the charge is not shown";
    EXPECT_TRUE(call(&record_link_use, LinkUse{"plink_1", true, "py_1"})) << "nor read yet";
    store_charge("py_1", "pending");
    ASSERT_EQ(begin(id).old.size(), 1U) << "a debit is on its way";
    EXPECT_EQ(begin(id).old[0].charge_id, "py_1");
    store_charge("py_1", "failed");
    EXPECT_TRUE(begin(id).call) << "it failed";
}

TEST_F(LinkCalls, AnUnusedLinkIsSettledAtOnce) {
    const auto id = request();
    made(id, "plink_1", begin(id).call->key);
    call(&record_link_lost, std::string("plink_1"));
    EXPECT_FALSE(call(&record_link_use, LinkUse{"plink_1", false, ""}));
    EXPECT_TRUE(begin(id).call);
}

TEST_F(LinkCalls, ALinkOfSeveralPartiesOnlyHasToBeOff) {
    const auto id = request(", multi_party => true");
    made(id, "plink_1", begin(id).call->key);
    call(&give_up_link, std::string("plink_1"), std::string("replaced"));
    EXPECT_EQ(begin(id).old.size(), 1U);
    call(&record_link_inactive, std::string("plink_1"));
    EXPECT_TRUE(begin(id).call);
}

TEST_F(LinkCalls, ALinkOfALostAccountIsNotWaitedFor) {
    const auto id = request();
    made(id, "plink_1", begin(id).call->key);
    EXPECT_FALSE(call(&record_link_unreachable, std::string("plink_1"))) << "it is connected";
    run("SELECT pay_private.disconnect('acct_acme', 'test', 'diagnosis', 'req_1')");
    run("UPDATE pay_private.integration SET current = false");
    run("INSERT INTO pay_private.integration (account_id, company, livemode) VALUES ('acct_new', "
        "'acme', false)");
    EXPECT_EQ(begin(id, "a=1", "acct_new").old.size(), 1U);
    EXPECT_TRUE(call(&record_link_unreachable, std::string("plink_1")));
    EXPECT_TRUE(begin(id, "a=1", "acct_new").call);
}

TEST_F(LinkCalls, ALinkForAnotherAmountIsNotWanted) {
    const auto id = request();
    EXPECT_FALSE(made(id, "plink_1", begin(id).call->key, 900));
    EXPECT_EQ(link("plink_1", "wanted_active || '/' || deactivation_reason"), "false/replaced");
}

TEST_F(LinkCalls, LookingUpEndsAtLinksThatAreOlderThanTheCall) {
    const auto id = request();
    const auto other = request();
    made(other, "plink_old", begin(other).call->key);
    const auto key = begin(id).call->key;
    const std::vector<ListedLink> page = {
        {"plink_x", "other"}, {"plink_new", id}, {"plink_old", other}};
    auto found = call(&look_up_link, key, id, page);
    EXPECT_EQ(found.link_id, "plink_new");
    EXPECT_FALSE(found.passed) << "made at about the same time";
    run("UPDATE pay_private.payment_link SET created_at = now() - interval '1 hour'");
    found = call(&look_up_link, key, id, std::vector<ListedLink>{{"plink_old", other}});
    EXPECT_EQ(found.link_id, "");
    EXPECT_TRUE(found.passed);
}

TEST_F(LinkCalls, TheProblemIsShownUntilThereIsALink) {
    const auto id = request();
    call(&note_link_problem, id, std::string("Stripe refuses the payment link: too small"));
    EXPECT_EQ(problem(id), "Stripe refuses the payment link: too small");
    made(id, "plink_1", begin(id).call->key);
    EXPECT_EQ(problem(id), "");
    run("UPDATE pay_private.integration SET stage = 'incomplete'");
    EXPECT_EQ(problem(id),
              "Stripe lets the company take no payments: its integration is incomplete.");
    run("UPDATE pay_private.integration SET charges_enabled = true");
    EXPECT_EQ(problem(id), "") << "payouts stop, payments do not";
    const auto closed = request();
    call(&note_link_problem, closed, std::string("x"));
    run("SELECT pay.cancel_payment_request('" + closed + "')");
    EXPECT_EQ(problem(closed), "") << "it wants none";
}

TEST_F(LinkCalls, CorrectedSettingsAreTriedAtOnce) {
    const auto id = request();
    call(&note_link_problem, id, std::string("Stripe refuses the payment link: x"));
    const auto delivery = claim().at(0);
    call(&postpone, delivery.delivery_id, token_, 3600.0, std::string("stripe_refused"),
         std::string("x"));
    run("SELECT pay.update_settings('acme', payment_methods => '{card}')");
    while (call(&do_follow_up, 100)) {
    }
    run("SELECT pay_private.release_held_mails()");
    EXPECT_EQ(claim().size(), 1U);
    EXPECT_EQ(
        call(&claim_link_work, 10, std::string(), std::vector<std::string>(), 30.0).missing.size(),
        1U);
}

class LinkSweeps : public LinkCalls {
protected:
    LinkSweeps() {
        run("INSERT INTO pay_private.link_sweep (account_id, next_run_at) VALUES ('acct_acme', "
            "now())");
    }
    int sweep(std::vector<SweptLink> links, bool last = true) {
        run("UPDATE pay_private.link_sweep SET next_run_at = now()");
        const auto turn = call(&claim_sweep_turn);
        EXPECT_TRUE(turn);
        SweptPage page;
        page.account_id = turn->account_id;
        page.links = std::move(links);
        page.cursor = "plink_cursor";
        page.last = last;
        return call(&record_swept_page, page);
    }
    std::string state(const std::string& id) {
        return link(id, "active || '/' || wanted_active || '/' || (check_at IS NOT NULL)");
    }
};

TEST_F(LinkSweeps, ALinkThatNobodyKnowsIsSwitchedOff) {
    const auto id = request();
    EXPECT_EQ(sweep({{"plink_1", id, "https://buy.example/1", false},
                     {"plink_2", "not ours", "https://buy.example/2", false},
                     {"plink_3", "", "https://buy.example/3", false}}),
              1);
    EXPECT_EQ(state("plink_1"), "true/false/false");
    EXPECT_EQ(
        call(&claim_link_work, 10, std::string(), std::vector<std::string>(), 30.0).unwanted.size(),
        1U);
}

TEST_F(LinkSweeps, AnotherCompanysRequestIsNotBelieved) {
    connect("rival");
    EXPECT_EQ(sweep({{"plink_1", request("", "rival"), "https://buy.example/1", false}}), 0);
}

TEST_F(LinkSweeps, ALinkOfACallUnderWayIsLeftAlone) {
    const auto id = request();
    begin(id);
    EXPECT_EQ(sweep({{"plink_1", id, "https://buy.example/1", false}}), 0);
}

TEST_F(LinkSweeps, AWantedLinkThatIsNotListedIsChecked) {
    const auto id = request();
    made(id, "plink_1", begin(id).call->key);
    const auto listed = request();
    made(listed, "plink_2", begin(listed).call->key);
    run("UPDATE pay_private.payment_link SET created_at = now() - interval '1 hour'");
    sweep({{"plink_2", listed, "https://buy.example/2", false}});
    EXPECT_EQ(state("plink_1"), "true/true/true");
    EXPECT_EQ(state("plink_2"), "true/true/false");
    const auto work = call(&claim_link_work, 10, std::string(), std::vector<std::string>(), 30.0);
    ASSERT_EQ(work.doubtful.size(), 1U);
    EXPECT_EQ(work.doubtful[0].link_id, "plink_1");
    call(&record_link_lost, std::string("plink_1"));
    EXPECT_EQ(run("SELECT link_wanted_at > now() + interval '20 seconds' FROM pay.payment_request "
                  "WHERE request_id = '" +
                  id + "'"),
              "t")
        << "a mail that is on its way makes the link itself, else the job does";
}

TEST_F(LinkSweeps, AUsedUpLinkIsChecked) {
    const auto id = request();
    made(id, "plink_1", begin(id).call->key);
    sweep({{"plink_1", id, "https://buy.example/1", true}});
    EXPECT_EQ(state("plink_1"), "true/true/true");
}

TEST_F(LinkSweeps, ALinkThatWasSwitchedOnAgainIsSwitchedOff) {
    const auto id = request();
    made(id, "plink_1", begin(id).call->key);
    run("SELECT pay.cancel_payment_request('" + id + "')");
    call(&record_link_inactive, std::string("plink_1"));
    run("UPDATE pay_private.payment_link SET deactivated_at = now() - interval '1 hour'");
    sweep({{"plink_1", id, "https://buy.example/1", false}});
    EXPECT_EQ(state("plink_1"), "true/false/false");
}

TEST_F(LinkSweeps, AWalkRemembersWhereItIs) {
    sweep({}, false);
    EXPECT_EQ(run("SELECT cursor FROM pay_private.link_sweep"), "plink_cursor");
    const auto began = run("SELECT started_at FROM pay_private.link_sweep");
    sweep({}, true);
    EXPECT_EQ(run("SELECT started_at FROM pay_private.link_sweep"), began) << "one walk";
    EXPECT_EQ(run("SELECT cursor IS NULL AND next_run_at > now() + interval '6 days' "
                  "FROM pay_private.link_sweep"),
              "t");
    run("UPDATE pay_private.link_sweep SET next_run_at = now() + interval '1 day'");
    EXPECT_FALSE(call(&claim_sweep_turn)) << "nothing is due";
}

}  // namespace
}  // namespace paysync::payment_requests::store
