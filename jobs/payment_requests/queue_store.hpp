// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/payment_requests/request.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// SQL of the mail queue: taking mails from it and giving them back. Every write checks the lease
/// token: a worker that lost its lease changes nothing and is told so by `false`.
namespace paysync::payment_requests::store {

/// A token for the leases of one pass; each is greater than all before it.
std::int64_t new_token(pqxx::work& tx);

/// What one claim took, and where the next one goes on.
struct Claim {
    std::vector<Delivery> deliveries;
    std::string after;  ///< the company whose turn is over
    bool more = false;  ///< nothing was found yet, and not all companies were looked at
};

/// Leases up to `limit` due mails for `lease_seconds`. When more are due the companies take turns,
/// beginning after the company `after`; within a company the more urgent goes first, then the
/// older. Mails of the accounts `held` stay where they are.
Claim claim_due(pqxx::work& tx, std::int64_t token, int limit, std::string after,
                std::vector<std::string> held, double lease_seconds, std::string daemon_id);

/// Extends the leases of a token.
void renew_leases(pqxx::work& tx, std::int64_t token, double lease_seconds);

/// Gives back what a stopping daemon has not begun to send.
void release_leases(pqxx::work& tx, std::int64_t token);

/// Gives the mail back, to be tried again after `delay_seconds`; the reason is shown meanwhile.
bool postpone(pqxx::work& tx, std::string delivery_id, std::int64_t token, double delay_seconds,
              std::string reason_code, std::string reason_text);

/// The mail cannot be sent: it ends as failed, or as suppressed, with a reason. When it is the
/// request's newest own mail the request ends with it.
bool fail(pqxx::work& tx, std::string delivery_id, std::int64_t token, std::string reason_code,
          std::string reason_text);

/// Puts mails that a daemon left between the promise of the dot and the server's answer in doubt,
/// or back into the queue when `resend`. Yields the mails that are in doubt now, or were queued
/// again.
struct Abandoned {
    std::string delivery_id;
    std::string request_id;
};
std::vector<Abandoned> settle_abandoned(pqxx::work& tx, bool resend);

/// A person's word on a request's mails in doubt, or on one of them, named by its own id: they
/// arrived, or are to be sent again. Yields how many were in doubt.
int resolve_in_doubt(pqxx::work& tx, std::string id, bool sent);

/// Queues the failed mails of a request, or one of them, named by its own id, again. Yields how
/// many.
int requeue(pqxx::work& tx, std::string id);

}  // namespace paysync::payment_requests::store
