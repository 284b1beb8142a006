// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/frame/lease_store.hpp"
#include "jobs/payment_requests/delivery.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// SQL of the mail queue, `pay_private.delivery`: claims deliveries, and postpones or fails those
/// that get no attempt. postpone() and fail_delivery() check the lease token: if the lease is lost,
/// they change nothing and return `false`. Attempts are in attempts_store.
namespace paysync::payment_requests::store {

/// The leases of deliveries. A stopping daemon releases all but those in `committing`: only
/// settle_abandoned() may decide about them.
inline constexpr leases::LeasedTable kDeliveryLeases{.name = "pay_private.delivery",
                                                     .releasable = "state <> 'committing'"};

/// The line of deliveries that wait for a mail account.
struct Line {
    std::string name;     ///< that of the account, or empty for the default one
    std::string account;  ///< the account's name
    int wanted = 0;       ///< how many deliveries to claim
    std::string after;    ///< the last company that had its turn; set by claim_due()
};

/// The deliveries of one claim, and where the next claim goes on.
struct Claim {
    std::vector<Delivery> deliveries;
    std::vector<Line> lines;  ///< as asked, with the new `after`
    bool more = false;        ///< of a line only leased ones were seen yet: claim again
};

/// Leases deliveries that are due in the lines, for `lease_seconds`. When more are due than wanted
/// the companies of a line take turns, beginning after `after`; within a company the more urgent
/// one goes first, then the older one. An account that is held (`paysyncctl mail hold`) gets none.
/// Lines that are not asked for cost nothing.
Claim claim_due(pqxx::work& tx, std::int64_t token, std::vector<Line> lines,
                std::vector<std::string> busy, double lease_seconds, std::string daemon_id);

/// Deliveries that wait for mail accounts which the configuration does not name.
struct Strays {
    int moved = 0;        ///< their companies have another account: they wait for that one now
    int waiting = 0;      ///< their companies name such an account too
    std::string account;  ///< its name
};

/// Looks after stray deliveries, at most `batch`.
Strays move_strays(pqxx::work& tx, std::vector<std::string> known_accounts, int batch);

/// Makes some of the deliveries due that were held for a company which is connected or enabled
/// again. True: there are more.
bool release_held(pqxx::work& tx);

/// Ends the lease; the delivery keeps its state and is due after `delay_seconds`. The reason is
/// shown meanwhile. (`deferred` is a state: the delivery had an attempt. See attempts_store.) A
/// mail that asks for money which nobody asks for any more is cancelled.
bool postpone(pqxx::work& tx, std::string delivery_id, std::int64_t token, double delay_seconds,
              std::string reason_code, std::string reason_text);

/// Ends the leases of deliveries of which postpone() could not be stored; leaves out those that
/// another transaction has locked. Returns the ids of the others, and of those that are no longer
/// leased with this token.
std::vector<std::string> give_back(pqxx::work& tx, std::vector<std::string> delivery_ids,
                                   std::int64_t token, double delay_seconds,
                                   std::string reason_code, std::string reason_text);

/// Ends a delivery that cannot be sent: as `suppressed` if that is the reason code, else as
/// `failed`. An open request fails with it if this is the newest message of kind `request` to the
/// payer.
bool fail_delivery(pqxx::work& tx, std::string delivery_id, std::int64_t token,
                   std::string reason_code, std::string reason_text);

/// A delivery whose daemon died between the commit point and the mail server's reply.
struct AbandonedDelivery {
    std::string delivery_id;
    std::string request_id;
};

/// Decides about up to 500 deliveries in `committing` whose lease has run out. They become
/// `in_doubt`, or with `resend`, if they may still be sent, `deferred`; these are returned. Those
/// of paid requests have arrived: they become `sent` and are not returned. (A delivery whose daemon
/// died before the commit point needs no decision: claim_due() takes it.)
std::vector<AbandonedDelivery> settle_abandoned(pqxx::work& tx, bool resend);

/// A person's decision about the deliveries in doubt of a request, or about the delivery with this
/// id: they have arrived, or are to be sent again. One is never sent again after a later message
/// was queued in its place; it is cancelled then. Returns how many there were.
int resolve_in_doubt(pqxx::work& tx, std::string id, bool arrived);

/// Queues the failed, bounced and suppressed deliveries of a request again, or the delivery with
/// this id. Returns how many.
int requeue(pqxx::work& tx, std::string id);

/// A bulk requeue, one batch a call; see requeue_batch().
struct Requeue {
    std::string reason;   ///< `reason_code` of the deliveries
    std::string since;    ///< when they failed: a timestamp, as PostgreSQL reads it
    std::string company;  ///< where the next batch begins
    std::int64_t seq = 0;
    int queued = 0;     ///< by the last batch
    bool more = false;  ///< there is another batch
};

/// Queues one batch of failed, bounced and suppressed deliveries again.
Requeue requeue_batch(pqxx::work& tx, Requeue requeue);

/// Holds a mail account, for all daemons. False if it is held already.
bool hold_account(pqxx::work& tx, std::string account, std::string reason);

/// Ends the hold of a mail account. False if it is not held.
bool resume_account(pqxx::work& tx, std::string account);

}  // namespace paysync::payment_requests::store
