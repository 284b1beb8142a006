// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/payment_requests/request.hpp"

#include <string>

/// SQL that reads payment requests.
namespace paysync::payment_requests::store {

/// The columns of pay_private.request_detail in a row.
Request request_from(const pqxx::row& row);

/// Locks the request of a mail before the mail, as everybody does, so that an application's cancel
/// never meets us crosswise.
void lock_request_of(pqxx::work& tx, const std::string& delivery_id);

/// A request that is in nobody's hands; for showing it. Throws std::runtime_error when there is
/// none.
Request request_of(pqxx::work& tx, const std::string& request_id);

/// Puts a company's name, address, language and brand on a request. Throws std::runtime_error when
/// there is no such company.
void dress_as(pqxx::work& tx, Request& request, const std::string& company);

}  // namespace paysync::payment_requests::store
