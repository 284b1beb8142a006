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

struct RequirementError {
    std::string code;
    std::string reason;
    std::string requirement;

    bool operator==(const RequirementError&) const = default;
};

/// What Stripe still wants of an account.
struct Requirements {
    std::vector<std::string> currently_due;
    std::vector<std::string> eventually_due;
    std::vector<std::string> past_due;
    std::vector<std::string> pending_verification;
    std::vector<RequirementError> errors;
    std::optional<std::string> disabled_reason;
    std::optional<std::int64_t> current_deadline;  ///< seconds since 1970, UTC, as all times here

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

/// A connected account.
struct Account {
    std::string id;
    std::string type;  ///< standard, express, custom, none, or what Stripe thinks of next
    std::optional<std::string> email;
    std::optional<std::string> country;
    std::optional<std::string> default_currency;
    std::optional<std::int64_t> created;  ///< when it was connected
    bool charges_enabled = false;
    bool payouts_enabled = false;
    bool details_submitted = false;
    Requirements requirements;
    Requirements future_requirements;
    std::map<std::string, std::string> capabilities;  ///< for example card_payments: active
    std::map<std::string, std::string> metadata;
    std::optional<std::string> business_name;
    std::optional<std::string> business_url;
    std::optional<std::string> support_email;
    std::optional<std::string> dashboard;  ///< full, express, none
    Branding branding;
    std::optional<std::string> statement_descriptor;
};

/// A page at Stripe for one visit of the account's holder. The url opens personal data: it goes to
/// the one who asked for it, never to a mail or a log.
struct AccountLink {
    std::string url;
    std::int64_t created = 0;
    std::int64_t expires_at = 0;
};

/// All throw FieldError for anything else than what they are named after.
Account read_account(const Object& object);
Account parse_account(std::string_view body);
Page<Account> parse_accounts(std::string_view body);
AccountLink parse_account_link(std::string_view body);

}  // namespace paysync::stripe
