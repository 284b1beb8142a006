// SPDX-License-Identifier: MIT
#include "tests/support/request_events.hpp"

#include <fmt/format.h>

namespace paysync::test {
namespace {

using stripe_sim::bool_of;
using stripe_sim::int_of;
using stripe_sim::Json;
using stripe_sim::text_of;
using namespace std::chrono_literals;

}  // namespace

Asked RequestEvents::ask(const std::string& company, const std::string& account) {
    Asked asked{.company = company, .account = account};
    asked.email = fmt::format("payer{}@example.com", ++asked_);
    asked.amount = 1000 + 10 * dice(900);
    asked.multi_party = dice(8) == 0;
    asked.max_payments = asked.multi_party && dice(2) == 0 ? 1 + dice(3) : 0;
    treat_badly(asked);
    const bool expires = dice(10) == 0;
    if (expires)
        asked.may_be_closed_as.insert("expired");
    auto more = expires ? fmt::format(", expires_at => now() + '{} s'", 1 + dice(8)) : "";
    if (asked.max_payments > 0)
        more += fmt::format(", max_payments => {}", asked.max_payments);
    asked.id = world_.sql(
        fmt::format("SELECT pay.request_payment('{}', '{}', {}, 'usd', 'Invoice {}', "
                    "multi_party => {}{})",
                    company, asked.email, asked.amount, asked_, asked.multi_party, more));
    return asked;
}

void RequestEvents::treat_badly(Asked& asked) {
    using namespace smtp_sim;
    auto& server = world_.smtp();
    switch (dice(20)) {
        case 0:
            asked.refused = true;
            asked.may_be_closed_as.insert("failed");
            server.add_rule({.stage = Stage::rcpt,
                             .recipient = asked.email,
                             .reply = Reply{550, "5.1.1 No such user"}});
            return;
        case 1:
            server.add_rule({.stage = Stage::rcpt,
                             .recipient = asked.email,
                             .times = 2,
                             .reply = Reply{450, "4.2.0 Try again later"}});
            return;
        case 2:
            server.add_rule({.stage = Stage::accepted,
                             .recipient = asked.email,
                             .times = 1,
                             .act = Act::cut_before_reply});
            return;
        case 3:
            server.add_rule({.stage = Stage::dot,
                             .recipient = asked.email,
                             .times = 1,
                             .act = Act::cut_before_reply,
                             .reset = true});
            return;
        case 4:
            server.add_rule({.stage = Stage::body,
                             .recipient = asked.email,
                             .after_bytes = 500,
                             .times = 1,
                             .act = Act::cut_before_reply});
            return;
        default:
            return;
    }
}

void RequestEvents::happen(Asked& asked, const std::vector<LinkFacts>& links) {
    if (dice(4) == 0) {
        act_as_the_application(asked);
        return;
    }
    try {
        act_at_stripe(asked, links);
    } catch (const stripe_sim::ApiError&) {
        // Stripe refuses what does not fit the object.
    }
}

void RequestEvents::act_at_stripe(Asked& asked, const std::vector<LinkFacts>& links) {
    const auto lock = stripe().lock();
    switch (dice(24)) {
        case 0:
            return pay(asked, links, Way::card, true);
        case 1:
        case 2:
        case 3:
            return pay(asked, links, Way::debit, false);
        case 4:
        case 5:
            return pay(asked, links, Way::hold, false);
        case 6:
            return pay_a_part(asked);
        case 7:
        case 8:
        case 9:
        case 10:
            return settle(asked);
        case 11:
        case 12:
            return capture_or_release(asked);
        case 13:
        case 14:
        case 15:
            return refund(asked);
        case 16:
            return fail_a_refund(asked);
        case 17:
            return dispute(asked);
        case 18:
            return decide_a_dispute(asked);
        case 19:
            for (const auto& link : links)
                stripe().switch_link(link.link_id, false);
            asked.history += "owner switches off; ";
            return;
        default:
            return pay(asked, links, Way::card, false);
    }
}

void RequestEvents::pay(Asked& asked, const std::vector<LinkFacts>& links, Way way, bool race) {
    if (links.empty())
        return;
    // Two payers who had the page open pay both; one who opens it later cannot.
    stripe_sim::PayInput input;
    input.email = asked.email;
    input.force = race && !asked.charges.empty();
    input.method = way == Way::debit ? "us_bank_account" : "card";
    input.manual = way == Way::hold;
    input.outcome = dice(10) == 0 ? "declined" : "ok";
    const auto paid = stripe().pay(links.back().link_id, input);
    asked.charges.push_back(text_of(paid, "charge"));
    asked.history +=
        fmt::format("{}{}{} {}; ",
                    way == Way::debit  ? "debit"
                    : way == Way::hold ? "hold"
                                       : "pay",
                    input.force ? " race" : "", input.outcome == "ok" ? "" : " declined",
                    links.back().link_id.substr(0, 12));
}

/// A charge that the platform made itself, and that names the request.
void RequestEvents::pay_a_part(Asked& asked) {
    const auto made =
        stripe().add_charges(asked.account, {{"amount", asked.amount / (2 + dice(3))},
                                             {"currency", "usd"},
                                             {"metadata", {{"request_id", asked.id}}}});
    asked.charges.push_back(made[0].get<std::string>());
    asked.history += "part; ";
}

void RequestEvents::settle(Asked& asked) {
    const auto id = any(asked.charges);
    const auto debit = charge(asked, id);
    if (debit.is_null())
        return;
    if (text_of(debit, "status") == "pending") {
        const std::string outcome = dice(3) == 0 ? "insufficient_funds" : "ok";
        stripe().settle(id, outcome);
        asked.history += "debit " + outcome + "; ";
    } else if (dice(3) == 0 && !touched_.contains(id) && id.starts_with("py_")) {
        touched_.insert(id);
        stripe().settle(id, "account_closed",
                        dice(2) == 0 ? "payment_reversal" : "payment_failure_refund");
        asked.history += "late failure; ";
    }
}

void RequestEvents::capture_or_release(Asked& asked) {
    const auto id = any(asked.charges);
    const auto held = charge(asked, id);
    if (held.is_null() || bool_of(held, "captured"))
        return;
    const auto how = dice(3);
    if (how == 0)
        stripe().release(id);
    else
        stripe().capture(id, how == 1 ? 0 : int_of(held, "amount") / 2);
    asked.history += how == 0 ? "release; " : how == 1 ? "capture; " : "capture half; ";
}

void RequestEvents::refund(Asked& asked) {
    const auto id = any(asked.charges);
    const auto paid = charge(asked, id);
    // Stripe takes money back for a dispute itself.
    if (paid.is_null() || bool_of(paid, "disputed"))
        return;
    const auto left = int_of(paid, "amount") - int_of(paid, "amount_refunded");
    const auto refunded = stripe().refund(
        asked.account, {{"charge", id}, {"amount", dice(2) == 0 ? left : left / 3}});
    touched_.insert(id);
    asked.refunds.push_back(text_of(refunded, "id"));
    asked.history += fmt::format("refund {}; ", int_of(refunded, "amount"));
}

void RequestEvents::fail_a_refund(Asked& asked) {
    if (const auto id = any(asked.refunds); !id.empty()) {
        stripe().update_refund(id, "failed");
        asked.history += "refund fails; ";
    }
}

void RequestEvents::dispute(Asked& asked) {
    const auto id = any(asked.charges);
    const auto paid = charge(asked, id);
    if (paid.is_null() || !bool_of(paid, "captured") || text_of(paid, "status") != "succeeded" ||
        bool_of(paid, "disputed") || int_of(paid, "amount_refunded") > 0)
        return;
    touched_.insert(id);
    const bool inquiry = dice(3) == 0;
    const auto opened = stripe().open_dispute(
        id, {{"status", inquiry ? "warning_needs_response" : "needs_response"}});
    asked.disputes.push_back(text_of(opened, "id"));
    asked.history += inquiry ? "inquiry; " : "dispute; ";
}

void RequestEvents::decide_a_dispute(Asked& asked) {
    const auto id = any(asked.disputes);
    if (id.empty())
        return;
    const auto record = stripe().account(asked.account).disputes.find(id);
    const bool inquiry = text_of(record->json(), "status").starts_with("warning_");
    const std::string end = inquiry ? "warning_closed" : dice(2) == 0 ? "won" : "lost";
    stripe().update_dispute(id, end);
    asked.history += "dispute " + end + "; ";
}

void RequestEvents::act_as_the_application(Asked& asked) {
    const auto one = "('" + asked.id + "'";
    switch (dice(10)) {
        case 0:
        case 1:
            asked.may_be_closed_as.insert("cancelled");
            return call(asked, "cancel_payment_request" + one + ")");
        case 2:
        case 3:
            return call(asked, "resend_payment_request" + one + ")");
        case 4:
        case 5:
            return call(asked, "replace_payment_link" + one + ")");
        case 6:
            asked.may_be_closed_as.insert("expired");
            return call(asked, fmt::format("change_payment_request_expiry{}, now() + '{} s')", one,
                                           1 + dice(4)));
        case 7:
            return call(asked, "change_payment_request_expiry" + one + ", NULL)");
        default:
            return call(asked, "remind_payment_request" + one + ")");
    }
}

void RequestEvents::call(Asked& asked, const std::string& statement) {
    asked.history += statement.substr(0, statement.find('_'));
    try {
        world_.sql("SELECT pay." + statement);
        asked.history += "; ";
    } catch (const pqxx::sql_error& error) {
        // PY400, PY404, PY409: what does not fit the request's state.
        if (!error.sqlstate().starts_with("PY"))
            throw;
        asked.history += " refused; ";
    }
}

std::string RequestEvents::any(const std::vector<std::string>& all) {
    return all.empty() ? "" : all[static_cast<std::size_t>(dice(static_cast<int>(all.size())))];
}

Json RequestEvents::charge(const Asked& asked, const std::string& id) {
    const auto* record = id.empty() ? nullptr : stripe().account(asked.account).charges.find(id);
    return record == nullptr ? Json() : record->json();
}

}  // namespace paysync::test
