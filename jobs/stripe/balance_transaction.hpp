// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/page.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paysync::stripe {

/// A part of a balance transaction's fee.
struct FeeDetail {
    std::string type;
    std::int64_t amount = 0;
    std::string currency;
    std::optional<std::string> application;
    std::optional<std::string> description;
};

/// A movement of money on an account's balance, in the currency that it settles in.
struct BalanceTransaction {
    std::string id;
    std::int64_t amount = 0;
    std::int64_t fee = 0;
    std::int64_t net = 0;
    std::string currency;
    std::optional<std::string> exchange_rate;  ///< the exact decimal text
    std::vector<FeeDetail> fee_details;
    std::string type;
    std::string reporting_category;
    std::optional<std::string> source;  ///< id of what moved the money
    std::string status;
    std::int64_t available_on = 0;
    std::int64_t created = 0;
    std::optional<std::string> description;
    std::optional<std::string> balance_type;  ///< which of the account's balances it moves
};

/// All throw FieldError for anything else than what they are named after.
BalanceTransaction read_balance_transaction(const Object& object);
BalanceTransaction parse_balance_transaction(std::string_view body);
Page<BalanceTransaction> parse_balance_transactions(std::string_view body);

}  // namespace paysync::stripe
