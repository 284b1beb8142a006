// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace paysync::stripe {

class Object;

/// A part of a balance transaction's fee: Stripe's own, or the platform's application fee.
struct FeeDetail {
    std::string type;
    std::int64_t amount = 0;
    std::string currency;
    std::optional<std::string> application;
    std::optional<std::string> description;
};

/// A movement of money on an account's balance, in the currency that it settles in: a row of the
/// ledger. Every charge, refund, dispute and payout that moves money has at least one.
struct BalanceTransaction {
    std::string id;
    std::int64_t amount = 0;
    std::int64_t fee = 0;
    std::int64_t net = 0;
    std::string currency;
    std::optional<std::string> exchange_rate;  ///< as Stripe wrote it, for example "1.08500"
    std::vector<FeeDetail> fee_details;
    std::string type;
    std::string reporting_category;
    std::optional<std::string> source;  ///< id of the charge, refund, payout … that moved the money
    std::string status;                 ///< pending, then available
    std::int64_t available_on = 0;      ///< when the money can be paid out
    std::int64_t created = 0;
    std::optional<std::string> description;
    std::optional<std::string> balance_type;  ///< which of the account's balances: payments …
};

/// Throws FieldError when the object is not a balance transaction or lacks a field that every one
/// has.
BalanceTransaction read_balance_transaction(const Object& object);

}  // namespace paysync::stripe
