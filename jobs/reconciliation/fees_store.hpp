// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/reconciliation/mirror_store.hpp"
#include "jobs/stripe/application_fee.hpp"

#include <string>
#include <vector>

/// SQL of what the platform takes of its companies' payments.
namespace paysync::reconciliation::store {

/// Yields the ids of the fees written.
std::vector<std::string> save_application_fees(
    pqxx::work& tx, const Read& read, const std::vector<Sighting<stripe::ApplicationFee>>& fees);

/// These fees are due to be read: their charges were refunded, and a part of them may have been.
void look_at_fees(pqxx::work& tx, const std::vector<std::string>& fee_ids);

}  // namespace paysync::reconciliation::store
