// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/account.hpp"

namespace stripe_sim {

bool Account::pristine() const {
    bool stores = false;
    for (const Collection* each :
         {&payment_links, &sessions, &payment_intents, &charges, &refunds, &disputes, &transactions,
          &payouts, &application_fees, &events}) {
        stores = stores || each->stored() > 0;
    }
    return !stores && !kept && connected && !deleted && rates.empty() && line_items.empty() &&
           balances.empty();
}

}  // namespace stripe_sim
