// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/account.hpp"

namespace stripe_sim {

bool Account::pristine() const {
    bool stores = false;
    for (const Collection* each :
         {&payment_links, &sessions, &payment_intents, &charges, &refunds, &disputes, &transactions,
          &payouts, &application_fees, &transfers, &events, &files, &thin_events}) {
        stores = stores || each->stored() > 0;
    }
    return !stores && !kept && connected && !deleted && !pays_out_daily && rates.empty() &&
           line_items.empty() && balances.empty() && state == AccountState();
}

}  // namespace stripe_sim
