// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace paysync::test {

/// A charge at Stripe that names a payment request.
struct ChargeFacts {
    std::string charge_id = {};
    /// `succeeded`, `pending` or `failed`.
    std::string status = {};
    bool captured = false;
    /// All of an authorisation was released.
    bool released = false;
    std::int64_t amount = 0;
    std::int64_t amount_captured = 0;
    /// As Stripe counts it: with what a partial capture released.
    std::int64_t amount_refunded = 0;
    struct Dispute {
        std::string status;
        std::int64_t amount = 0;
    };
    std::vector<Dispute> disputes = {};

    bool taken() const { return status == "succeeded" && captured; }
    /// What the payer got back of the captured money.
    std::int64_t given_back() const {
        return taken() ? amount_refunded - (amount - amount_captured) : 0;
    }
};

/// All that decides about a payment request: what was asked, what somebody or time decided, and the
/// charges at Stripe.
struct RequestFacts {
    std::int64_t amount = 0;
    bool multi_party = false;
    /// The largest number of payments of a multi-party request; 0 = no limit.
    int max_payments = 0;
    /// `cancelled`, `expired` or `failed`; empty = it was not closed.
    std::string closed_as = {};
    std::vector<ChargeFacts> charges = {};
};

/// What a payment request must be like. It is written apart from the schema: a test compares both,
/// and neither may be changed to equal the other without asking which of them is right.
struct RequestModel {
    explicit RequestModel(const RequestFacts& facts);

    std::int64_t captured = 0;
    std::int64_t given_back = 0;
    std::int64_t disputed = 0;
    std::int64_t processing = 0;
    std::int64_t authorized = 0;
    std::string state;
    /// Whether the request must have a link that can be paid, and the amount that it asks for.
    bool wants_link = false;
    std::int64_t link_amount = 0;

private:
    void sum(const RequestFacts& facts);
    std::string decide(const RequestFacts& facts) const;
};

}  // namespace paysync::test
