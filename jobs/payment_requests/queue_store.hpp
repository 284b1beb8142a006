// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/frame/lease_store.hpp"
#include "jobs/payment_requests/delivery.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// SQL of the mail queue, `pay_private.delivery`: claiming deliveries, and giving them back without
/// an attempt. Every write of a worker checks its lease token; one whose lease is lost changes
/// nothing and is told so by `false`. Attempts are in attempts_store.
namespace paysync::payment_requests::store {

/// The leases of deliveries. A stopping daemon releases all but those in `committing`.
inline constexpr leases::LeasedTable kDeliveryLeases{.name = "pay_private.delivery",
                                                     .releasable = "state <> 'committing'"};

/// The deliveries of one claim, and where the next claim goes on.
struct Claim {
    std::vector<Delivery> deliveries;
    std::string last_company;  ///< whose turn is over
    bool more = false;         ///< none was found yet, and not all companies were looked at
};

/// Leases up to `limit` due deliveries for `lease_seconds`. When more are due the companies take
/// turns, beginning after `last_company`; within a company the more urgent one goes first, then the
/// older one. Deliveries of `paused_accounts` (mail accounts; "" is the default one) are left
/// alone.
Claim claim_due(pqxx::work& tx, std::int64_t token, int limit, std::string last_company,
                std::vector<std::string> paused_accounts, double lease_seconds,
                std::string daemon_id);

/// Gives the delivery back, to be claimed again after `delay_seconds`; shows the reason meanwhile.
bool postpone(pqxx::work& tx, std::string delivery_id, std::int64_t token, double delay_seconds,
              std::string reason_code, std::string reason_text);

/// Ends a delivery that cannot be sent, as `failed`, or as `suppressed` for that reason. The
/// request fails with it when this is the request's newest message of its own.
bool fail_delivery(pqxx::work& tx, std::string delivery_id, std::int64_t token,
                   std::string reason_code, std::string reason_text);

/// A delivery that a daemon left between the commit point and the mail server's reply.
struct AbandonedDelivery {
    std::string delivery_id;
    std::string request_id;
};

/// Makes such deliveries `in_doubt`, or `deferred` when `resend`, once their lease has run out.
/// Returns them. Those of paid requests have arrived: they become `sent` and are not returned.
std::vector<AbandonedDelivery> settle_abandoned(pqxx::work& tx, bool resend);

/// A person's decision about the deliveries in doubt of a request, or about the delivery with this
/// id: they have arrived, or are to be sent again. Returns how many there were.
int resolve_in_doubt(pqxx::work& tx, std::string id, bool arrived);

/// Queues the failed, returned and suppressed deliveries of a request again, or the delivery with
/// this id. Returns how many.
int requeue(pqxx::work& tx, std::string id);

}  // namespace paysync::payment_requests::store
