// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// SQL that brings charges and payment requests together.
namespace paysync::reconciliation::store {

/// That a charge pays a request, as somebody says: the charge's own metadata, or Stripe.
struct Claim {
    std::string charge_id;
    std::string request_id;
};

/// Whether it is written like one of our request ids. The metadata of a charge may hold anything.
bool is_request_id(const std::string& text);

/// Ties charges that are tied to nothing yet to their requests. What contradicts the request in
/// account, mode or currency is refused and becomes a discrepancy. `how` is metadata or session.
void match(pqxx::work& tx, const std::string& account_id, const std::vector<Claim>& claims,
           const std::string& how);

/// How a request stands after its money was counted.
struct Settled {
    std::string request_id;
    std::string state;  ///< now
    std::string was;    ///< before
    std::int64_t amount = 0;
    std::int64_t paid = 0;
    std::string currency;
    bool delivery_proven = false;  ///< the mail was in doubt, and somebody paid by it
};

/// Counts the money of the requests that these charges pay, and lets each request's state follow.
/// A finished request's link is wanted inactive, its mail is not sent any more, and what is more or
/// less than was asked for, or came after the request was closed, becomes a discrepancy. Yields the
/// requests that changed.
std::vector<Settled> settle(pqxx::work& tx, const std::string& account_id,
                            const std::vector<std::string>& charge_ids);

}  // namespace paysync::reconciliation::store
