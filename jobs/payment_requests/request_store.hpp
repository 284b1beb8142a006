// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/payment_requests/request.hpp"

#include <string>

/// SQL that reads payment requests.
namespace paysync::payment_requests::store {

/// Reads the columns of `pay_private.request_detail` in a row.
Request request_from(const pqxx::row& row);

/// Locks the request of a delivery. Requests are always locked before their deliveries, by
/// applications too, so that two transactions never wait for each other.
void lock_request_of(pqxx::work& tx, const std::string& delivery_id);

/// A request, to be shown. Throws std::runtime_error when there is none.
Request read_request(pqxx::work& tx, const std::string& request_id);

/// Gives the request the name, address, language and brand of a company, for a preview. Throws
/// std::runtime_error when there is no such company.
void apply_company(pqxx::work& tx, Request& request, const std::string& company);

}  // namespace paysync::payment_requests::store
