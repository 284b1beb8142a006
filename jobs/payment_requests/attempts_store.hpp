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
///     open_attempts()  ready | deferred -> sending      the last checks; the bytes are frozen
///     commit_sends()   sending -> committing            the commit point
///     record_…()       -> sent | deferred | in_doubt | failed | ready
///
/// Every write checks the attempt's number or the lease token. A worker that has been overtaken
/// therefore changes nothing, and is told so by `false`. The functions that every delivery needs
/// take batches, for db::Grouped.
namespace paysync::payment_requests::store {

/// A message as it is stored for good, before it is sent for the first time.
struct FrozenMessage {
    std::string message_id;
    std::string bytes;
    std::string link_id;  ///< the payment link in it; empty for receipts and notices
    int brand_version = 0;
    std::string mail_account = {};  ///< that its sender belongs to; empty for the default one
};

/// A delivery that is about to be sent, and what is new about it.
struct NewAttempt {
    std::string delivery_id;
    std::string request_id;
    std::int64_t token = 0;
    bool has_copies = false;  ///< the request names further recipients, who get the same bytes
    bool store_only = false;  ///< it may not be sent now: stores what is new and opens no attempt
    std::optional<NewLink> link;
    std::optional<FrozenMessage> message;
};

/// An attempt that may go on to the mail server.
struct OpenAttempt {
    int number = 0;
    std::string bytes;  ///< of the stored message; empty when NewAttempt brought it
};

/// Records the links, freezes the messages, and opens an attempt of each delivery that may be sent:
/// its lease holds, the request is open, the company is connected, the link is live, and the
/// recipient is not suppressed. (Receipts and notices need neither an open request nor a link.) A
/// link that exists at Stripe is recorded in any case: as unwanted if the request has another one
/// or is over.
std::vector<std::optional<OpenAttempt>> open_attempts(pqxx::work& tx,
                                                      std::vector<NewAttempt> attempts);

/// An attempt at its commit point: all but the last byte is with the mail server.
struct SendCommit {
    std::string delivery_id;
    int attempt = 0;
    std::int64_t token = 0;
};

/// Marks the deliveries as `committing`. False where the message must not go out: the lease is
/// over, or the request is closed.
std::vector<bool> commit_sends(pqxx::work& tx, std::vector<SendCommit> commits);

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
std::vector<bool> record_sent(pqxx::work& tx, std::vector<SentAttempt> sent);

/// The mail server may have accepted the message: it is not sent again unless a person says so. If
/// its request has been paid it has arrived, and the delivery is `sent`.
bool record_in_doubt(pqxx::work& tx, std::string delivery_id, int attempt, AttemptEnd end);

/// The delivery is tried again after `delay_seconds`. `counts`: the attempt makes the next back-off
/// longer.
bool record_deferred(pqxx::work& tx, std::string delivery_id, int attempt, AttemptEnd end,
                     double delay_seconds, bool counts);

/// The attempt was given up before its commit point: the delivery is `ready` again, and its lease
/// stays.
bool record_ready(pqxx::work& tx, std::string delivery_id, int attempt, AttemptEnd end);

/// The delivery has failed. Its request fails with it when this is the request's newest message of
/// its own. `suppress` puts the recipient on the suppression list.
bool record_failed(pqxx::work& tx, std::string delivery_id, int attempt, AttemptEnd end,
                   bool suppress);

}  // namespace paysync::payment_requests::store
