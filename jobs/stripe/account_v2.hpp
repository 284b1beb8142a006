// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/account.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Accounts as Stripe's API v2 shows them: only the fields that are needed to create an account and
/// to find it again. All else is read by API v1.
namespace paysync::stripe {

struct AccountV2 {
    std::string id;
    std::map<std::string, std::string> metadata;
};

/// A page of a list of API v2, which has the path of the next page instead of a cursor.
struct AccountsV2 {
    std::vector<AccountV2> items;
    std::string next;  ///< path of the next page; empty on the last one
};

/// Unix seconds of a time like "2026-11-25T13:00:00.000Z". Throws FieldError for anything else.
std::int64_t parse_instant(std::string_view text);

/// Each throws FieldError when `body` is something else, or lacks a field that is always there.
AccountV2 parse_account_v2(std::string_view body);
AccountsV2 parse_accounts_v2(std::string_view body);
AccountLink parse_account_link_v2(std::string_view body);

}  // namespace paysync::stripe
