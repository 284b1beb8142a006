// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/stripe/call_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// SQL of the refunds that applications order.
namespace paysync::payment_requests::store {

/// A row of `pay_private.refund_order` that is due.
struct RefundOrder {
    std::string id;
    std::string company;
    std::string account_id;
    std::string charge_id;
    std::int64_t amount = 0;  ///< minor units of the charge's currency
    std::string reason;       ///< Stripe's word, or empty
    bool with_application_fee = false;
    int ended_calls = 0;   ///< calls that Stripe answered with an error that it repeats
    int attempt = 1;       ///< counts the times that it was claimed
    bool is_old = false;   ///< has been tried for longer than orders are
    bool is_lost = false;  ///< the account is disconnected
};

/// A refund at Stripe.
struct MadeRefund {
    std::string refund_id;
    std::string status;  ///< pending, succeeded, …; may be empty
    stripe::EndedCall call;
};

/// Claims up to `limit` due orders, in turns among companies, none of `busy` ones: they are due
/// again after a pause that grows with the attempts. Two daemons that make the same refund use the
/// same idempotency key.
std::vector<RefundOrder> claim_refund_orders(pqxx::work& tx, int limit,
                                             std::vector<std::string> busy);

/// Stores that Stripe has the refund, and makes the streams of the account due.
void record_refund_made(pqxx::work& tx, std::string id, MadeRefund made);

/// Ends an order that Stripe will not carry out; `call_key` is empty without a call.
void record_refund_refused(pqxx::work& tx, std::string id, std::string code, std::string words,
                           stripe::EndedCall call);

/// Says why an order waits; `ended` is a call that will get no other answer.
void record_refund_waits(pqxx::work& tx, std::string id, std::string code, std::string words,
                         std::optional<stripe::EndedCall> ended);

}  // namespace paysync::payment_requests::store
