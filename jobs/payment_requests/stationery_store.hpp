// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/payment_requests/request.hpp"
#include "jobs/payment_requests/stationery.hpp"

/// SQL of what a company's letters look like.
namespace paysync::payment_requests::store {

/// The company's texts, the logo of the request's brand version, and the collect payment file for
/// kinds that ask for a payment.
Stationery stationery_of(pqxx::work& tx, Kind kind, Request request);

}  // namespace paysync::payment_requests::store
