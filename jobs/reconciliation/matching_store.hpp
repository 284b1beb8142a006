// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Which charge pays which payment request, and the state of a request that follows from its
/// charges.
namespace paysync::reconciliation::store {

/// A charge says that it pays a request: by its own metadata, or by its checkout session. It is
/// believed only after a check (match_charges()).
struct PaymentClaim {
    std::string charge_id;
    std::string request_id;
};

/// Whether the text has the form of our request ids, a UUID. The metadata of a charge may hold
/// anything.
bool is_request_id(const std::string& text);

/// Stores in each charge that has no request yet the request that it claims to pay. A claim that
/// contradicts the request in account, mode or currency is refused (matched_by = 'refused') and
/// becomes a discrepancy. `how` is "metadata" or "session", as in the column matched_by.
void match_charges(pqxx::work& tx, const std::string& account_id,
                   const std::vector<PaymentClaim>& claims, const std::string& how);

/// A payment request whose state or money changed.
struct SettledRequest {
    std::string request_id;
    std::string state;  ///< now
    std::string was;    ///< before
    std::int64_t amount = 0;
    std::int64_t paid = 0;
    std::string currency;
    bool delivery_proven = false;  ///< its delivery was in doubt, and somebody paid by it
};

/// Settles the requests that these charges pay: `pay_private.settle_requests()` computes the state
/// of each from all its charges and brings about what the state demands of links, mails, receipts
/// and discrepancies. Returns the requests that changed.
std::vector<SettledRequest> settle_requests(pqxx::work& tx, const std::string& account_id,
                                            const std::vector<std::string>& charge_ids);

}  // namespace paysync::reconciliation::store
