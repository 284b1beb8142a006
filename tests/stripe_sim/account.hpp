// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/account_state.hpp"
#include "tests/stripe_sim/collection.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace stripe_sim {

/// The state of one Stripe account: the platform's own or a connected one.
struct Account {
    std::string id;
    /// False before OAuth and after a deauthorization: the platform's calls then fail with
    /// account_invalid.
    bool connected = true;
    bool deleted = false;
    AccountState state;
    /// Exchange rates into the default currency, by currency. Money without a rate is not
    /// converted.
    std::map<std::string, std::string> rates;

    Collection payment_links;
    std::map<std::string, std::vector<Text>> line_items;
    Collection sessions;
    Collection payment_intents;
    Collection charges;
    Collection refunds;
    Collection disputes;
    Collection transactions;
    Collection payouts;
    Collection application_fees;
    Collection transfers;
    Collection events;
    Collection files;
    /// The thin events of v2. The platform's account has those of all accounts.
    Collection thin_events;

    struct Balance {
        int64_t available = 0;
        int64_t pending = 0;
    };
    std::map<std::string, Balance> balances;
    /// Whether the available balance is paid out at midnight, by the account's schedule.
    bool pays_out_daily = false;

    /// Whether the account equals its computed form, so that it can be dropped and computed again.
    /// A member that may change while no object is stored must be checked here.
    bool pristine() const;
    /// Set once charges were generated for this account alone.
    bool kept = false;
};

}  // namespace stripe_sim
