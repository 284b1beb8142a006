// SPDX-License-Identifier: MIT
#pragma once

#include "tests/support/request_facts.hpp"
#include "tests/support/scenario.hpp"

#include <random>
#include <set>
#include <string>
#include <vector>

namespace paysync::test {

/// A payment request of the randomised test, with the history that its rows do not have.
struct Asked {
    std::string id = {};
    std::string company = {};
    std::string account = {};
    std::string email = {};
    std::int64_t amount = 0;
    bool multi_party = false;
    int max_payments = 0;  ///< of a multi-party request; 0: no limit
    /// The mail server refuses the payer for good.
    bool refused = false;
    /// What somebody or time may have closed it as; the test compares it with closed_as.
    std::set<std::string> may_be_closed_as = {};
    std::vector<std::string> charges = {};
    std::vector<std::string> refunds = {};
    std::vector<std::string> disputes = {};
    /// What happened to it, in order, for a person who looks into a difference.
    std::string history = {};
};

/// All that can happen to a payment request, at random from a seed: at Stripe, at the mail server,
/// and by the application. Whatever does not fit the request's present state is refused by Stripe
/// or by the schema, as it would be in life, and nothing happens.
class RequestEvents {
public:
    RequestEvents(Scenario& world, unsigned seed) : world_(world), random_(seed) {}

    int dice(int sides) { return std::uniform_int_distribution<>(0, sides - 1)(random_); }
    /// Asks a client of the company for money; now and then with an expiry, with several payers, or
    /// with an address that the mail server treats badly.
    Asked ask(const std::string& company, const std::string& account);
    /// One event. `links` are those of the request at Stripe.
    void happen(Asked& asked, const std::vector<LinkFacts>& links);
    /// Charges that were refunded, disputed or taken back at some time.
    const std::set<std::string>& touched() const { return touched_; }

private:
    enum class Way { card, debit, hold };

    stripe_sim::World& stripe() { return world_.stripe().world(); }
    void act_at_stripe(Asked& asked, const std::vector<LinkFacts>& links);
    void act_as_the_application(Asked& asked);
    void pay(Asked& asked, const std::vector<LinkFacts>& links, Way way, bool race);
    void pay_a_part(Asked& asked);
    void settle(Asked& asked);
    void capture_or_release(Asked& asked);
    void refund(Asked& asked);
    void fail_a_refund(Asked& asked);
    void dispute(Asked& asked);
    void decide_a_dispute(Asked& asked);
    void treat_badly(Asked& asked);
    /// One of them, or "".
    std::string any(const std::vector<std::string>& all);
    stripe_sim::Json charge(const Asked& asked, const std::string& id);
    void call(Asked& asked, const std::string& statement);

    Scenario& world_;
    std::mt19937 random_;
    std::set<std::string> touched_;
    int asked_ = 0;
};

}  // namespace paysync::test
