// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/balance_transaction.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace paysync::stripe {

class Object;

/// A payer's bank takes a payment back, or asks about it. The money leaves the balance at once and
/// comes back when the dispute is won.
struct Dispute {
    std::string id;
    std::int64_t amount = 0;
    std::string currency;
    std::int64_t created = 0;
    std::string status;  ///< ends as won, lost, warning_closed or prevented; Stripe adds others
    std::string reason;
    bool livemode = false;
    bool charge_refundable = false;
    std::optional<std::string> charge;
    std::optional<std::string> payment_intent;
    std::optional<std::string> network_reason_code;
    std::optional<std::int64_t> due_by;                    ///< Stripe takes evidence until then
    std::vector<BalanceTransaction> balance_transactions;  ///< withdrawal, and reinstatement
};

/// Throws FieldError when the object is not a dispute or lacks a field that every dispute has.
Dispute read_dispute(const Object& object);

}  // namespace paysync::stripe
