// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/account.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Accounts as the second version of Stripe's API shows them: only what is needed to make one and
/// to find it again. What is known of an account otherwise is read in the first version.
namespace paysync::stripe {

struct AccountV2 {
    std::string id;
    std::map<std::string, std::string> metadata;
};

/// A page of a list of the second version.
struct AccountsV2 {
    std::vector<AccountV2> items;
    std::string next;  ///< path of the next page, empty for none
};

/// Seconds since 1970 of "2026-11-25T13:00:00.000Z"; throws FieldError for anything else.
std::int64_t parse_instant(std::string_view text);

/// All throw FieldError for anything else than what they are named after.
AccountV2 parse_account_v2(std::string_view body);
AccountsV2 parse_accounts_v2(std::string_view body);
AccountLink parse_account_link_v2(std::string_view body);

}  // namespace paysync::stripe
