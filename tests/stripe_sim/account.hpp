// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/account_state.hpp"
#include "tests/stripe_sim/collection.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace stripe_sim {

/// What belongs to one Stripe account: the platform's own or a connected one.
struct Account {
    std::string id;
    /// False before OAuth and after a deauthorization: the platform then gets account_invalid.
    bool connected = true;
    bool deleted = false;
    AccountState state;
    /// Exchange rates into the default currency, by currency; money without a rate stays as it is.
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
    /// The thin events of v2; the platform's holds those of all accounts.
    Collection thin_events;

    struct Balance {
        int64_t available = 0;
        int64_t pending = 0;
    };
    std::map<std::string, Balance> balances;
    /// Whether what is available is paid out at midnight, as the account's schedule says.
    bool pays_out_daily = false;

    /// Whether the account is as it was computed, so that it can be forgotten and computed again. A
    /// member that may change while no object is stored has to be asked for here.
    bool pristine() const;
    /// Set once charges were generated for this account alone.
    bool kept = false;
};

}  // namespace stripe_sim
