// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/payment_requests/settings.hpp"

/// SQL of the upkeep of payment requests.
namespace paysync::payment_requests::store {

/// Writes what SQL has to know of the configuration, if it differs. Throws std::runtime_error when
/// PostgreSQL does not know the time zone.
void write_deployment(pqxx::work& tx, Settings::Deployment deployment);

/// Deletes up to `limit` finished calls to Stripe that are older. Returns how many.
int delete_old_calls(pqxx::work& tx, double older_than_seconds, int limit);

/// Deletes up to `limit` attempts that are older and whose delivery needs nothing more. Returns how
/// many.
int delete_old_attempts(pqxx::work& tx, double older_than_seconds, int limit);

/// Deletes the bytes of up to `limit` messages that are older and will not be sent again. Returns
/// how many.
int delete_old_bytes(pqxx::work& tx, double older_than_seconds, int limit);

}  // namespace paysync::payment_requests::store
