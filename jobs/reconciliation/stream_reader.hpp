// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/semaphore.hpp"
#include "daemon/base/loop/task.hpp"
#include "jobs/frame/fair_places.hpp"
#include "jobs/reconciliation/sessions_store.hpp"
#include "jobs/reconciliation/streams_store.hpp"
#include "jobs/stripe/balance.hpp"
#include "jobs/stripe/client.hpp"

#include <optional>
#include <stop_token>
#include <string>

namespace paysync {
struct Context;
}

namespace paysync::stripe {
struct Reply;
}

namespace paysync::reconciliation {

struct Settings;
struct StreamKind;

/// One turn of a stream:
///
/// 1. the walk through its list, up to 100 pages of it (Walk);
/// 2. up to 20 objects that are due to be read by id (rereads_store.hpp);
/// 3. if the walk is finished, the kind's extra (StreamKind::Extra). `compare_balance` also reads
///    the balance before the walk.
///
/// Each answer is committed with the progress that it makes. If the daemon dies, the next turn
/// continues from there.
class StreamReader {
public:
    /// `page_slots`: see Walk. `place`: learns of each answer.
    StreamReader(Context& context, const Settings& settings, store::Turn turn,
                 Semaphore& page_slots, FairPlaces::Place& place, std::stop_token stop);

    /// Returns when everything is read or the limits above are reached; the lease is released then.
    /// Throws stripe::Error, stripe::FieldError, store::LeaseLost, db::Unavailable and Cancelled.
    /// After an exception the caller releases the lease.
    Task<void> run();

private:
    enum class ObjectOutcome {
        read,     ///< stored; for a re-read also: the 404 is recorded
        refused,  ///< Stripe answered 4xx or with the wrong mode; the same request fails again
        failed,   ///< Stripe answered 5xx; the next turn may get it
    };

    /// Runs the work for one object. Errors that may concern this object alone (400, 404, 5xx,
    /// wrong mode) are logged and returned as the outcome. All others, and the fifth 5xx in a row,
    /// are thrown.
    Task<ObjectOutcome> run_isolated(std::string what, Task<void> work);
    Task<void> reread_due_objects();
    Task<void> reread(std::string id);
    Task<void> match_by_session();
    Task<void> ask_for_sessions(store::UnmatchedCharge charge);
    Task<void> itemise_payouts();
    Task<void> itemise(std::string payout_id);
    Task<stripe::Balance> read_balance(std::string& stripe_request_id);
    Task<stripe::Reply> get(std::string path_and_query);
    void report(const store::StoredObjects& stored, const std::string& stripe_request_id);

    Context& context_;
    const Settings& settings_;
    store::Turn turn_;
    const StreamKind& kind_;
    Semaphore& page_slots_;
    FairPlaces::Place& place_;
    std::stop_token stop_;
    std::string account_;    ///< for logs
    int failures_ = 0;       ///< 5xx answers in a row
    bool more_due_ = false;  ///< objects are left for the next turn
};

}  // namespace paysync::reconciliation
