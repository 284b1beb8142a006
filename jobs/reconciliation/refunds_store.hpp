// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/reconciliation/mirror_store.hpp"
#include "jobs/stripe/dispute.hpp"
#include "jobs/stripe/refund.hpp"

#include <string>
#include <vector>

/// SQL of refunds and disputes: what becomes of a charge's money later. Each that changed makes its
/// charge due to be read.
namespace paysync::reconciliation::store {

/// Yields the ids of the refunds written.
std::vector<std::string> save_refunds(pqxx::work& tx, const Read& read,
                                      const std::vector<Sighting<stripe::Refund>>& refunds);

/// Writes their ledger rows too. Yields the ids of the disputes written.
std::vector<std::string> save_disputes(pqxx::work& tx, const Read& read,
                                       const std::vector<Sighting<stripe::Dispute>>& disputes);

}  // namespace paysync::reconciliation::store
