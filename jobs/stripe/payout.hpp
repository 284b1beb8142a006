// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace paysync::stripe {

class Object;

/// Money on its way from an account's balance to its bank or card.
struct Payout {
    std::string id;
    std::int64_t amount = 0;
    std::string currency;
    std::int64_t created = 0;
    std::int64_t arrival_date = 0;
    std::string status;  ///< pending, in_transit, paid (may still fail), failed, canceled
    bool automatic = false;
    std::string reconciliation_status;  ///< completed: Stripe can list its ledger rows
    std::string method;                 ///< standard or instant
    std::string type;                   ///< bank_account or card
    bool livemode = false;
    std::optional<std::string> destination;
    std::optional<std::string> balance_transaction;
    std::optional<std::string> failure_balance_transaction;
    std::optional<std::string> failure_code;
    std::optional<std::string> failure_message;
    std::optional<std::string> statement_descriptor;
    std::optional<std::string> trace_id;         ///< by which the bank finds the transfer
    std::optional<std::string> trace_id_status;  ///< supported, pending, unsupported
};

/// Throws FieldError when the object is not a payout or lacks a field that every payout has.
Payout read_payout(const Object& object);

}  // namespace paysync::stripe
