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

/// The deliveries of one claim, and where the next claim goes on.
struct Claim {
    std::vector<Delivery> deliveries;
    std::string last_company;  ///< the next claim begins after it
    bool more = false;         ///< none was found, but companies are left: claim again at once
};

/// Leases up to `limit` due deliveries for `lease_seconds`. When more are due the companies take
/// turns, beginning after `last_company`; within a company the more urgent one goes first, then the
/// older one. Deliveries of `paused_accounts` (mail accounts; "" is the default one) are left
/// alone.
Claim claim_due(pqxx::work& tx, std::int64_t token, int limit, std::string last_company,
                std::vector<std::string> paused_accounts, double lease_seconds,
                std::string daemon_id);

/// Ends the lease; the delivery keeps its state and is due after `delay_seconds`. The reason is
/// shown meanwhile. (`deferred` is a state: the delivery had an attempt. See attempts_store.)
bool postpone(pqxx::work& tx, std::string delivery_id, std::int64_t token, double delay_seconds,
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

/// Decides about the deliveries in `committing` whose lease has run out. They become `in_doubt`, or
/// with `resend`, if they may still be sent, `deferred`; these are returned. Those of paid requests
/// have arrived: they become `sent` and are not returned. (A delivery whose daemon died before the
/// commit point needs no decision: claim_due() takes it.)
std::vector<AbandonedDelivery> settle_abandoned(pqxx::work& tx, bool resend);

/// A person's decision about the deliveries in doubt of a request, or about the delivery with this
/// id: they have arrived, or are to be sent again. Returns how many there were.
int resolve_in_doubt(pqxx::work& tx, std::string id, bool arrived);

/// Queues the failed, bounced and suppressed deliveries of a request again, or the delivery with
/// this id. Returns how many.
int requeue(pqxx::work& tx, std::string id);

}  // namespace paysync::payment_requests::store
