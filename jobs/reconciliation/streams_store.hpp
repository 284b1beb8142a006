// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/frame/lease_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// SQL of streams: whose turn it is, and how far each has come.
namespace paysync::reconciliation::store {

/// The right to read one stream of an account and to write it down.
struct Lease {
    std::string account_id;
    std::string stream;
    std::int64_t token = 0;
};

/// Another daemon has the stream now, or the account was disconnected: nothing was written.
using leases::LeaseLost;

/// A turn releases its own lease, together with the time of the next turn.
inline constexpr leases::LeasedTable kStreamLeases{.name = "pay_private.stream",
                                                   .releasable = nullptr};

/// The end of the slice that goes on until now, in Unix seconds.
inline constexpr std::int64_t kOpenEnd = 253402300799;

/// A part of a walk: what was created in [from, until) is still to be listed, newest first.
struct Slice {
    std::int64_t from = 0;  ///< Unix seconds
    std::int64_t until = kOpenEnd;
    std::string cursor;  ///< the last object that was stored of it; empty at its newest end
};

/// A claimed stream and its open walk, which is a new one when there was none.
struct Turn {
    Lease lease;
    std::vector<Slice> slices;  ///< newest first, never none
};

/// How walks begin and end, in seconds.
struct Pace {
    double overlap = 0;
    double horizon = 0;
    double rest = 0;     ///< how long a stream is left alone after a finished walk
    double slowest = 0;  ///< and at most, after many that found nothing
};

/// Gives each account that the platform may read its streams, and the platform its own once there
/// is one. Yields how many are new.
int add_streams(pqxx::work& tx);

/// Takes the stream that has been due the longest. A new walk begins an overlap before the newest
/// object known, but not behind the end of what is proven to be read; an account's first walk at
/// the horizon, or when the account was made for us. The ledger's reaches back to the oldest row
/// whose status is due to have changed.
std::optional<Turn> claim_due(pqxx::work& tx, Pace pace, double lease_seconds,
                              std::string daemon_id);

/// Extends a lease.

/// Locks the stream until the end of the transaction and yields the account's mode; not the
/// platform's, which each answer is held against. Every write
/// that needs a lease calls it first: what was on its way when an account was disconnected is not
/// written. Throws LeaseLost.
bool hold(pqxx::work& tx, const Lease& lease);

/// What the pages of one batch brought to their walk.
struct Step {
    std::vector<Slice> open;    ///< as they stand now; new ones among them
    std::vector<Slice> closed;  ///< those that were read whole; new ones among them too
    std::optional<std::int64_t> newest;
    int written = 0;  ///< objects new or changed
};

/// The walk came so far: what was read whole becomes coverage. With its last slice the walk is
/// finished: its watermark moves, and a stream that was quiet rests twice as long each time, but
/// not that of charges while a payment link is out. Yields whether it is finished.
bool advance_walk(pqxx::work& tx, const Lease& lease, const Pace& pace, const Step& step);

/// Ends the lease after a turn that went well; an open walk, and a stream that has `more` to ask
/// for, is due again at once, behind those who have waited longer.
void give_back(pqxx::work& tx, Lease lease, bool more);

/// Ends the lease of a turn that did not come to its end for no fault of the stream; it is due as
/// it was. With an `error` it counts as failed.
void hand_back(pqxx::work& tx, Lease lease, std::string error);

/// Ends the lease after a failure. The next turn comes after half the time since the last finished
/// walk, an hour at most, but not before `at_least_seconds`. Yields the pause in seconds.
double put_off(pqxx::work& tx, Lease lease, std::string error, double at_least_seconds);

/// As put_off(), and suspects the account of not being ours any more.
double put_off_unreachable(pqxx::work& tx, Lease lease, std::string error, double at_least_seconds);

}  // namespace paysync::reconciliation::store
