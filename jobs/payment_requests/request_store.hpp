// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/db/transaction.hpp"
#include "jobs/payment_requests/request.hpp"

#include <optional>
#include <string>
#include <vector>

/// SQL that reads payment requests.
namespace paysync::payment_requests::store {

/// The columns of pay_private.request_detail in a row.
Request request_from(const pqxx::row& row);

/// Locks the request of a mail before the mail, as everybody does, so that an application's cancel
/// never meets us crosswise.
void lock_request_of(pqxx::work& tx, const std::string& delivery_id);

/// A collect payment file.
struct File {
    std::string name;
    std::string media_type;
    std::string content;
};

/// The request's collect payment file, if it has one.
std::optional<File> file_of(pqxx::work& tx, std::string request_id);

}  // namespace paysync::payment_requests::store
