// SPDX-License-Identifier: MIT
#include "tests/support/request_model.hpp"

#include <algorithm>

namespace paysync::test {
namespace {

/// Inquiries (`warning_…`) took no money; won and prevented disputes gave it back.
bool holds_money(const std::string& dispute) {
    return !dispute.starts_with("warning_") && dispute != "won" && dispute != "prevented";
}

/// Payments whose money has not all gone back.
int standing(const RequestFacts& facts) {
    return static_cast<int>(
        std::count_if(facts.charges.begin(), facts.charges.end(), [](const ChargeFacts& charge) {
            const bool held = charge.status == "succeeded" && !charge.captured && !charge.released;
            return charge.status == "pending" || held ||
                   (charge.taken() && charge.given_back() < charge.amount_captured);
        }));
}

}  // namespace

RequestModel::RequestModel(const RequestFacts& facts) {
    sum(facts);
    state = decide(facts);
    const bool closed = !facts.closed_as.empty();
    if (facts.multi_party) {
        wants_link = !closed && (facts.max_payments == 0 || standing(facts) < facts.max_payments);
        link_amount = facts.amount;
    } else {
        wants_link = !closed && (state == "open" || state == "partially_paid");
        link_amount = facts.amount - (captured - given_back);
    }
}

void RequestModel::sum(const RequestFacts& facts) {
    for (const ChargeFacts& charge : facts.charges) {
        if (charge.status == "pending") {
            processing += charge.amount;
        } else if (charge.taken()) {
            captured += charge.amount_captured;
            given_back += charge.given_back();
        } else if (charge.status == "succeeded" && !charge.released) {
            authorized += charge.amount;
        }
        if (charge.taken()) {
            for (const auto& dispute : charge.disputes) {
                disputed += holds_money(dispute.status) ? dispute.amount : 0;
            }
        }
    }
}

std::string RequestModel::decide(const RequestFacts& facts) const {
    const std::int64_t net = captured - given_back;
    if (disputed > 0) {
        return "disputed";
    }
    // Not everything was ever taken, or all of it went back: the payer owes money, and nobody asks
    // again while money is on its way. A card's money is held already, a debit's is only promised.
    if (captured < facts.amount || net == 0) {
        if (authorized > 0) {
            return "authorized";
        }
        if (processing > 0) {
            return "processing";
        }
    }
    if (captured == 0) {
        return facts.closed_as.empty() ? "open" : facts.closed_as;
    }
    if (net == 0) {
        return "refunded";
    }
    if (captured < facts.amount) {
        return "partially_paid";
    }
    if (given_back > 0 && (facts.multi_party || net < facts.amount)) {
        return "partially_refunded";
    }
    return net > facts.amount && !facts.multi_party ? "overpaid" : "paid";
}

}  // namespace paysync::test
