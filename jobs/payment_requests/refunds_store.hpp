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
    int ended_calls = 0;     ///< calls that Stripe answered with an error that it repeats
    int attempt = 1;         ///< counts the times that it was claimed
    std::string last_words;  ///< why it waited the last time
    bool may_exist = false;  ///< a call whose answer is not known may have made it
    bool is_old = false;     ///< has been tried for longer than orders are
    bool is_lost = false;    ///< the account is disconnected
};

/// A refund at Stripe.
struct MadeRefund {
    std::string refund_id;
    std::string status;                     ///< pending, succeeded, …; may be empty
    std::optional<stripe::EndedCall> call;  ///< nothing: it was found
};

/// Why there is no refund.
struct NoRefund {
    std::string code;                       ///< for programs
    std::string words;                      ///< for people
    bool is_final = false;                  ///< Stripe will not carry the order out; else it waits
    bool may_exist = false;                 ///< as in RefundOrder; false if `is_final`
    bool account_lost = false;              ///< Stripe answered that the account is not connected
    std::optional<stripe::EndedCall> call;  ///< that gets no other answer
};

/// Claims up to `limit` due orders, in turns among companies, none of `busy` ones: they are due
/// again after a pause that grows with the attempts. Two daemons that make the same refund use the
/// same idempotency key.
std::vector<RefundOrder> claim_refund_orders(pqxx::work& tx, int limit,
                                             std::vector<std::string> busy);

/// Stores a call for the order before it is sent, and that it may make the refund. Returns it as
/// stripe::begin_call() does.
stripe::StoredCall begin_refund(pqxx::work& tx, std::string id, stripe::NewCall call);

/// Stores that Stripe has the refund, and makes the streams of the account due.
void record_refund_made(pqxx::work& tx, std::string id, MadeRefund made);

/// Stores why Stripe has no refund: the order is refused, or waits for its next attempt.
void record_no_refund(pqxx::work& tx, std::string id, NoRefund why);

}  // namespace paysync::payment_requests::store
