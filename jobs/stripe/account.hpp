// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/page.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paysync::stripe {

/// Why Stripe refused information that it was given.
struct RequirementError {
    std::string code;         ///< for machines: "invalid_address_city_state_postal_code"
    std::string reason;       ///< for people
    std::string requirement;  ///< the field

    bool operator==(const RequirementError&) const = default;
};

/// Information that Stripe still wants of an account: names of fields such as "external_account".
struct Requirements {
    std::vector<std::string> currently_due;
    std::vector<std::string> eventually_due;
    std::vector<std::string> past_due;
    std::vector<std::string> pending_verification;
    std::vector<RequirementError> errors;
    std::optional<std::string> disabled_reason;
    std::optional<std::int64_t> current_deadline;  ///< Unix seconds, as all times here

    bool operator==(const Requirements&) const = default;
};

/// `settings.branding`; icon and logo are ids of files at Stripe.
struct Branding {
    std::optional<std::string> icon;
    std::optional<std::string> logo;
    std::optional<std::string> primary_color;
    std::optional<std::string> secondary_color;

    bool operator==(const Branding&) const = default;
};

/// A connected account, as far as onboarding reads it.
struct Account {
    std::string id;
    std::optional<std::string> email;
    std::optional<std::string> country;
    std::optional<std::string> default_currency;
    std::optional<std::int64_t> created;  ///< when it was connected, not when it was made
    bool charges_enabled = false;
    bool payouts_enabled = false;
    bool details_submitted = false;
    Requirements requirements;
    Requirements future_requirements;
    std::map<std::string, std::string> metadata;
    Branding branding;
    std::optional<std::string> statement_descriptor;
};

/// A page at Stripe for one visit of the account's holder. The url opens personal data: it goes
/// into the command's result, never into a message or a log.
struct AccountLink {
    std::string url;
    std::int64_t created = 0;
    std::int64_t expires_at = 0;
};

/// Each throws FieldError when `body` is something else, or lacks a field that is always there.
Account parse_account(std::string_view body);
Page<Account> parse_accounts(std::string_view body);
AccountLink parse_account_link(std::string_view body);

}  // namespace paysync::stripe
