// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/balance_transaction.hpp"
#include "jobs/stripe/page.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paysync::stripe {

/// A payer's bank takes a payment back, or asks about it.
struct Dispute {
    std::string id;
    std::int64_t amount = 0;
    std::string currency;
    std::int64_t created = 0;
    std::string status;  ///< an open list; won, lost, warning_closed and prevented are its ends
    std::string reason;
    bool livemode = false;
    bool charge_refundable = false;
    std::optional<std::string> charge;
    std::optional<std::string> payment_intent;
    std::optional<std::string> network_reason_code;
    std::optional<std::int64_t> due_by;                    ///< until when evidence is taken
    std::vector<BalanceTransaction> balance_transactions;  ///< withdrawal, and reinstatement
};

/// All throw FieldError for anything else than what they are named after.
Dispute read_dispute(const Object& object);
Page<Dispute> parse_disputes(std::string_view body);

}  // namespace paysync::stripe
