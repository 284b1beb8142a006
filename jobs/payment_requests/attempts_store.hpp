// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/payment_requests/links_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// SQL of one attempt to send a delivery, from its opening to its end:
///
///     open_attempts()  queued -> ready                  the link is recorded, the bytes are frozen
///                      ready | deferred -> sending      the last checks; the attempt is opened
///     commit_sends()   sending -> committing            the commit point
///     record_…()       -> sent | deferred | in_doubt | failed | ready | cancelled
///
/// open_attempts() also takes a delivery that is `sending`: its daemon died before the commit
/// point. The attempt of that daemon is closed as `abandoned`, and a new one is opened.
///
/// Every write checks the attempt's number or the lease token. If another daemon has claimed the
/// delivery meanwhile, the write changes nothing and returns `false`. The functions that every
/// delivery needs take batches, for db::Grouped.
namespace paysync::payment_requests::store {

/// A message whose bytes are stored before it is first sent, so that every attempt sends the same.
/// The delivery gets another message, with another Message-ID, only if the request gets another
/// payment link, the mail goes by another account, or the bytes were erased.
struct FrozenMessage {
    std::string message_id;
    std::string bytes;
    std::string link_id;  ///< the payment link in it; empty for receipts and notices
    int brand_version = 0;
    std::string mail_account = {};  ///< by which it is sent; empty for the default one
};

/// A delivery that is about to be sent, with the link and the message that are not stored yet.
struct NewAttempt {
    std::string delivery_id;
    std::string request_id;
    std::int64_t token = 0;
    bool has_copies = false;  ///< the request names further recipients, who get the same bytes
    bool store_only = false;  ///< only store link and message: the mail server may not be used now
    std::optional<NewLink> link;
    std::optional<FrozenMessage> message;
};

/// An attempt that may go on to the mail server.
struct OpenAttempt {
    int number = 0;
    std::string bytes;  ///< of the stored message; empty if NewAttempt has the message
};

/// The answer to NewAttempt.
struct Opening {
    std::optional<OpenAttempt> attempt;  ///< empty: the delivery may not be sent
    /// Another transaction holds the request or its integration, so nothing was decided or stored.
    bool busy = false;
};

/// Records the links, freezes the messages, and opens an attempt of each delivery that may be sent:
/// its lease holds, the company is enabled and connected, the request is open, the link is live,
/// and the recipient is not suppressed. (Receipts and notices need neither an open request nor a
/// link.) No attempt is returned for a delivery that may not be sent. Its link is recorded all the
/// same, because it exists at Stripe: as unwanted if the request has another one or is over.
///
/// Does not wait for locks: a request that an application's open transaction has locked is `busy`,
/// and the others of the batch go on.
std::vector<Opening> open_attempts(pqxx::work& tx, std::vector<NewAttempt> attempts);

/// An attempt at its commit point: all but the last byte is with the mail server.
struct SendCommit {
    std::string delivery_id;
    std::string request_id;
    int attempt = 0;
    std::int64_t token = 0;
};

/// The answer to SendCommit.
enum class Promise {
    made,     ///< the final dot goes out
    refused,  ///< the message must not go out
    busy      ///< another transaction holds the request: ask again, or give up
};

/// Marks the deliveries as `committing`. Refused where the lease has run out, another attempt was
/// opened, or one of the conditions of open_attempts() no longer holds. Does not wait for locks.
std::vector<Promise> commit_sends(pqxx::work& tx, std::vector<SendCommit> commits);

/// How an attempt ended.
struct AttemptEnd {
    std::string outcome;  ///< mail::to_string(Outcome)
    int code = 0;         ///< SMTP reply code, 0 for none
    std::string reply;
    std::string reason_code = {};  ///< of the delivery from now on; empty for none
};

/// An attempt whose message the mail server accepted.
struct SentAttempt {
    std::string delivery_id;
    int attempt = 0;
    AttemptEnd end;
};

/// The mail server accepted the messages. Also settles attempts that were recorded as in doubt.
/// False where nothing was changed: the delivery was taken over, or this was recorded before.
///
/// These functions wait 300 ms for a lock, then fail with 55P03 (lock_not_available).
std::vector<bool> record_sent(pqxx::work& tx, std::vector<SentAttempt> sent);

/// The mail server may have accepted the message. The delivery is `in_doubt` until a person, a
/// bounce report or a payment settles it (resolve_in_doubt(), apply_bounces(), settle_requests()).
/// If the request has been paid already, the message has arrived and the delivery is `sent`. Not
/// called with `on_in_doubt: resend`, which calls record_deferred().
bool record_in_doubt(pqxx::work& tx, std::string delivery_id, int attempt, AttemptEnd end);

/// The delivery is `deferred` and due after `delay_seconds`, or `cancelled` if its request is no
/// longer open. `counts`: the attempt makes the next back-off longer.
bool record_deferred(pqxx::work& tx, std::string delivery_id, int attempt, AttemptEnd end,
                     double delay_seconds, bool counts);

/// The attempt was given up before its commit point. The delivery is `ready` again, or `cancelled`
/// if its request is no longer open. Its lease stays: the caller, or the end of the pass, ends it.
bool record_ready(pqxx::work& tx, std::string delivery_id, int attempt, AttemptEnd end);

/// The delivery is `failed`. An open request fails with it if this is the newest message of kind
/// `request` to the payer. `suppress` puts the recipient on the suppression list.
bool record_failed(pqxx::work& tx, std::string delivery_id, int attempt, AttemptEnd end,
                   bool suppress);

}  // namespace paysync::payment_requests::store
