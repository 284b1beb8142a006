// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/db/transaction.hpp"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

/// SQL of streams: whose turn it is, and how far each has come.
namespace paysync::reconciliation::store {

/// The only kind of object that is walked so far.
inline constexpr const char* kCharges = "charges";

/// The right to read one account's charges and to write them down.
struct Lease {
    std::string account_id;
    std::int64_t token = 0;
};

/// Another daemon has the stream now: nothing was written.
class LeaseLost final : public std::runtime_error {
public:
    explicit LeaseLost(const std::string& account_id)
        : std::runtime_error("the lease on " + account_id + " was lost") {}
};

/// A claimed stream and its open walk, which is a new one when there was none.
struct Turn {
    Lease lease;
    std::int64_t from = 0;  ///< Unix seconds: nothing created before it is asked for
    std::string cursor;     ///< the last object that the walk stored; empty at its head
};

/// How walks begin and end, in seconds.
struct Pace {
    double overlap = 0;
    double horizon = 0;
    double rest = 0;  ///< how long a stream is left alone after a finished walk
};

/// Gives each account that the platform may read its stream. Yields how many are new.
int add_streams(pqxx::work& tx);

/// Takes the stream that has been due the longest. A new walk begins an overlap before the newest
/// charge known, but not behind the end of what is proven to be read; an account's first walk at
/// the horizon, or when the account was made for us.
std::optional<Turn> claim_due(pqxx::work& tx, Pace pace, double lease_seconds,
                              std::string daemon_id);

/// Extends a lease.
void renew_lease(pqxx::work& tx, std::int64_t token, double lease_seconds);

/// Locks the stream until the end of the transaction and yields the account's mode. Every write
/// that needs a lease calls it first. Throws LeaseLost.
bool hold(pqxx::work& tx, const Lease& lease);

/// The walk stored everything up to and with the object `cursor`.
void advance_walk(pqxx::work& tx, const Lease& lease, const std::string& cursor,
                  std::optional<std::int64_t> max_created);

/// The walk came to its end with these objects: moves the watermark and writes what it proves.
void finish_walk(pqxx::work& tx, const Lease& lease, const Pace& pace,
                 std::optional<std::int64_t> max_created);

/// The walk's cursor is gone at Stripe: it begins again at its head. Throws LeaseLost.
void restart_walk(pqxx::work& tx, Lease lease);

/// Ends the lease; an open walk is due again at once, behind those who have waited longer.
void give_back(pqxx::work& tx, Lease lease);

/// Ends the lease after a failure. The next turn comes after half the time since the last finished
/// walk, an hour at most, but not before `at_least_seconds`. Yields the pause in seconds.
double put_off(pqxx::work& tx, Lease lease, std::string error, double at_least_seconds);

/// As put_off(), and suspects the account of not being ours any more.
double put_off_unreachable(pqxx::work& tx, Lease lease, std::string error, double at_least_seconds);

}  // namespace paysync::reconciliation::store
