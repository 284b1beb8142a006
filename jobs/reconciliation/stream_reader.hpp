// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/semaphore.hpp"
#include "daemon/base/loop/task.hpp"
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

/// One turn of a stream: the walk through its list, then the objects that are due to be re-read by
/// id, then the kind's extra (StreamKind::Extra).
///
/// All progress is in the database, so a turn that is cut off anywhere is continued by the next
/// one.
class StreamReader {
public:
    /// `page_slots`: see Walk.
    StreamReader(Context& context, const Settings& settings, store::Turn turn,
                 Semaphore& page_slots, std::stop_token stop);

    /// Ends when all is read, or after as much as one turn may take, and releases the lease. Throws
    /// stripe::Error, stripe::FieldError, store::LeaseLost, db::Unavailable and Cancelled; the
    /// lease is then the caller's to release.
    Task<void> run();

private:
    enum class ObjectOutcome {
        read,
        refused,  ///< Stripe will not send this object
        failed,   ///< Stripe failed and may send it next time
    };

    /// Runs work that concerns one object. An error of Stripe's that may be the object's own is
    /// logged and returned; other errors, and the fifth failure in a row, are thrown.
    Task<ObjectOutcome> run_isolated(std::string what, Task<void> work);
    Task<void> reread_due_objects();
    Task<void> reread(std::string id);
    Task<void> match_by_session();
    Task<void> ask_for_sessions(store::UnmatchedCharge charge);
    Task<void> itemise_payouts();
    Task<void> itemise(std::string payout_id);
    Task<stripe::Balance> read_balance(std::string& stripe_request_id);
    Task<stripe::Reply> get(std::string path_and_query);
    void report(const store::StoredObjects& stored, const std::string& stripe_request_id) const;

    Context& context_;
    const Settings& settings_;
    store::Turn turn_;
    const StreamKind& kind_;
    Semaphore& page_slots_;
    std::stop_token stop_;
    std::string account_;    ///< for logs
    int failures_ = 0;       ///< objects in a row that Stripe failed to send
    bool more_due_ = false;  ///< objects are left for the next turn
};

}  // namespace paysync::reconciliation
