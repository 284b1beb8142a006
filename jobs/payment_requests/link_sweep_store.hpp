// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <optional>
#include <string>
#include <vector>

/// SQL of the slow walk through the live payment links of each account (`pay_private.link_sweep`).
namespace paysync::payment_requests::store {

/// The next page of an account.
struct SweepTurn {
    std::string account_id;
    std::string cursor;  ///< the last link of the page before; empty: begin with the newest
};

/// A live link in Stripe's list.
struct SweptLink {
    std::string link_id;
    std::string request_id;  ///< of its metadata; empty if it has none
    std::string url;
    bool used_up = false;  ///< it has taken as many payments as it may
};

/// Adds connected accounts that are not swept yet; their first walks are spread over a day.
int add_link_sweeps(pqxx::work& tx);

/// The account whose page is due; nothing if there is none. It is due again after five minutes if
/// nothing is recorded.
std::optional<SweepTurn> claim_sweep_turn(pqxx::work& tx);

/// What a page had.
struct SweptPage {
    std::string account_id;
    std::vector<SweptLink> links;
    std::string cursor;  ///< where the next page begins
    bool last = false;   ///< the walk is complete
};

/// Links with a request of this account's company that are not known are recorded as unwanted,
/// unless a call that is under way may have made them. Known ones that are on although they were
/// seen off are to be switched off. Wanted ones that are used up are to be checked, and at the end
/// of the walk also those that Stripe did not list. Returns how many links were not known.
int record_swept_page(pqxx::work& tx, SweptPage page);

/// The walk cannot be continued (its cursor is gone): it begins again after an hour.
void restart_sweep(pqxx::work& tx, std::string account_id);

}  // namespace paysync::payment_requests::store
