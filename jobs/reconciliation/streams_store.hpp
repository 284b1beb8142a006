// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/frame/lease_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Streams: which one is due, which daemon reads it, and how far each was read.
///
/// - A stream is one kind of object of one account (stream_kind.hpp).
/// - A walk lists the objects of a stream that were created since an overlap before the watermark.
/// - The watermark is the creation time of the newest object that a finished walk has listed.
/// - A slice is a part of a walk: a range of creation times with a cursor of its own.
/// - Coverage is the ranges of creation time that were listed completely. A complete slice becomes
///   coverage, but only up to an overlap before the start of its walk: Stripe may show younger
///   objects late, and the next walk lists them again. A listed object that went to quarantine does
///   not hold coverage back.
/// - A turn is the time for which one daemon holds the stream's lease. A long walk takes several
///   turns.
namespace paysync::reconciliation::store {

/// The lease of one stream. Every write of a turn carries it.
struct StreamLease {
    std::string account_id;  ///< kPlatform for a stream of the platform
    std::string stream;      ///< for example "charges"
    std::int64_t token = 0;  ///< see lease_store.hpp
};

/// Another daemon has the stream now, or the account was disconnected. Nothing was written.
using leases::LeaseLost;

/// A turn releases its own lease, together with the time of the next turn.
inline constexpr leases::LeasedTable kStreamLeases{.name = "pay_private.stream",
                                                   .releasable = nullptr};

/// Slice::until of a slice without an upper end: it is listed up to the newest object.
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
    double overlap = 0;  ///< a walk begins so much before the watermark
    double horizon = 0;  ///< how far back the first walk reaches
    double rest = 0;     ///< pause after a walk that wrote something; each walk that wrote
                         ///< nothing doubles it
    double slowest = 0;  ///< the longest pause
};

/// Creates the streams of accounts that are new, one of each kind, and those of the platform once
/// there is an account. Returns how many were created.
int add_streams(pqxx::work& tx);

/// Claims the stream that has been due the longest, none of `busy` accounts; nothing when no other
/// is due.
///
/// An unfinished walk is continued. A new one begins at the earliest of: an overlap before the
/// watermark; the end of the coverage; for the ledger, the oldest row that is due
/// (StreamKind::rechecked_by_walk). The first walk begins at the horizon or, if paysync made the
/// account after it, an overlap before the account's creation.
std::optional<Turn> claim_due(pqxx::work& tx, WalkTimes times, std::vector<std::string> busy,
                              double lease_seconds, std::string daemon_id);

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

/// Stores the progress; closed slices become coverage. The last slice finishes the walk: the
/// watermark moves to the newest object, and the next walk is due after `rest`, or after twice the
/// last pause if nothing was written. Returns whether the walk is finished.
bool advance_walk(pqxx::work& tx, const StreamLease& lease, const WalkTimes& times,
                  const WalkProgress& progress);

/// Ends the lease after a turn without a failure. A stream with an unfinished walk, or with `more`
/// objects to re-read, is due now; streams that became due earlier are claimed first.
void release_done(pqxx::work& tx, StreamLease lease, bool more);

/// Ends the lease of a turn that was broken off. The time of the next turn stays, so the stream is
/// still due. An `error` is stored as the stream's failure; empty: the stream was not at fault.
void release_unchanged(pqxx::work& tx, StreamLease lease, std::string error);

/// Ends the lease after a failure of the stream. The pause before the next turn is half the time
/// since the last finished walk, an hour at most and `at_least_seconds` at least. Returns it in
/// seconds. Throws LeaseLost.
double release_failed(pqxx::work& tx, StreamLease lease, std::string error,
                      double at_least_seconds);

/// As release_failed(), for an account to which access seems lost: also records it as a suspect, so
/// that onboarding's DiagnosisJob reads it.
double release_unreachable(pqxx::work& tx, StreamLease lease, std::string error,
                           double at_least_seconds);

}  // namespace paysync::reconciliation::store
