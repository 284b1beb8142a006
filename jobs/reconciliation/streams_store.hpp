// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/frame/lease_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Streams: which one is due, who reads it, and how far each was read.
///
/// A stream is one kind of object of one account (stream_kind.hpp). It is read in walks: each walk
/// lists what was created since shortly before the newest object known. A walk consists of slices
/// of time; a slice that was read completely becomes coverage, the proof that nothing of it is
/// missing. A turn is the time for which one daemon holds the stream's lease; a long walk takes
/// several turns.
namespace paysync::reconciliation::store {

/// The right to read one stream and to store it, until the lease runs out.
struct StreamLease {
    std::string account_id;  ///< kPlatform for a stream of the platform
    std::string stream;      ///< for example "charges"
    std::int64_t token = 0;  ///< fences every write: a later lease has a greater one
};

/// Another daemon has the stream now, or the account was disconnected. Nothing was written.
using leases::LeaseLost;

/// A turn releases its own lease, together with the time of the next turn.
inline constexpr leases::LeasedTable kStreamLeases{.name = "pay_private.stream",
                                                   .releasable = nullptr};

/// The end of the slice that goes on until now, in Unix seconds.
inline constexpr std::int64_t kOpenEnd = 253402300799;

/// A part of a walk: objects created in [from, until) that are still to be listed, newest first.
struct Slice {
    std::int64_t from = 0;  ///< Unix seconds
    std::int64_t until = kOpenEnd;
    std::string cursor;  ///< id of the last object that was stored; empty: at the newest end
};

/// A claimed stream and its open walk. A new walk has one slice without a cursor.
struct Turn {
    StreamLease lease;
    std::vector<Slice> slices;  ///< newest first, never none
};

/// When walks begin and how far they reach, in seconds.
struct WalkTimes {
    double overlap = 0;  ///< how far behind the newest known object a walk begins
    double horizon = 0;  ///< how far back the first walk reaches
    double rest = 0;     ///< pause after a walk that found something
    double slowest = 0;  ///< the longest pause, after many walks that found nothing
};

/// Creates the streams of accounts that are new, one of each kind, and those of the platform once
/// there is an account. Returns how many were created.
int add_streams(pqxx::work& tx);

/// Claims the stream that has been due the longest; nothing when none is due.
///
/// A new walk begins at the earliest of: an overlap before the newest object known; the end of the
/// coverage; for the ledger, the oldest row that is due (StreamKind::rechecked_by_walk). A first
/// walk begins at the horizon, or when paysync made the account.
std::optional<Turn> claim_due(pqxx::work& tx, WalkTimes times, double lease_seconds,
                              std::string daemon_id);

/// Locks the stream row until commit, and throws LeaseLost unless the lease is the current one and
/// the account is connected. Every transaction that stores answers begins with it. Returns whether
/// the account is in live mode; nothing for a stream of the platform.
std::optional<bool> lock_stream(pqxx::work& tx, const StreamLease& lease);

/// The progress that the pages of one batch made.
struct WalkProgress {
    std::vector<Slice> open;             ///< slices as they stand now, new ones included
    std::vector<Slice> closed;           ///< slices that were read completely, new ones included
    std::optional<std::int64_t> newest;  ///< latest creation time on the pages
    int written = 0;                     ///< objects that are new or changed
};

/// Stores the progress; closed slices become coverage. With its last slice the walk is finished:
/// the watermark moves to the newest object, and the next walk is due after `rest`, or after twice
/// the last pause if nothing was written. Returns whether the walk is finished.
bool advance_walk(pqxx::work& tx, const StreamLease& lease, const WalkTimes& times,
                  const WalkProgress& progress);

/// Ends the lease after a turn without a failure. An unfinished walk, and a stream with `more` to
/// re-read, is due again at once, behind those that have waited longer.
void release_done(pqxx::work& tx, StreamLease lease, bool more);

/// Ends the lease of a turn that was broken off and leaves the stream due as it was. An `error`
/// counts as a failure of the stream; empty: the stream was not at fault.
void release_unchanged(pqxx::work& tx, StreamLease lease, std::string error);

/// Ends the lease after a failure. The next turn comes after half the time since the last finished
/// walk, an hour at most and `at_least_seconds` at least. Returns the pause in seconds.
double release_failed(pqxx::work& tx, StreamLease lease, std::string error,
                      double at_least_seconds);

/// As release_failed(); onboarding looks whether the account is still connected.
double release_unreachable(pqxx::work& tx, StreamLease lease, std::string error,
                           double at_least_seconds);

}  // namespace paysync::reconciliation::store
