// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/reconciliation/mirror_store.hpp"
#include "jobs/stripe/balance.hpp"

/// SQL of what Stripe says an account has.
namespace paysync::reconciliation::store {

/// Keeps a balance that was the same before and after the ledger was read, unless the newest one
/// kept says the same; older ones than 90 days go.
void save_balance(pqxx::work& tx, std::string account_id, stripe::Balance balance,
                  std::string stripe_request_id);

}  // namespace paysync::reconciliation::store
