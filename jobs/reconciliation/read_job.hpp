// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task_group.hpp"
#include "jobs/frame/fair_places.hpp"
#include "jobs/frame/job.hpp"
#include "jobs/reconciliation/settings.hpp"
#include "jobs/reconciliation/streams_store.hpp"

#include <chrono>
#include <exception>
#include <map>
#include <string>
#include <vector>

namespace paysync::reconciliation {

/// The job `reconciliation.read`: copies charges, refunds, disputes, ledger rows, payouts,
/// application fees and balances of every connected account into PostgreSQL, and matches charges
/// with payment requests.
///
/// The way of a page of charges from Stripe into "My Payments":
///
/// 1. A pass of ReadJob claims every stream that is due, for example `charges` of acct_1: it gets a
///    lease (claim_due() in streams_store.hpp).
/// 2. StreamReader runs the turn. Its Walk fetches the pages (stripe::PagedList), reads only their
///    outline (stripe::PageOutline), and gives the JSON to a database worker.
/// 3. store_pages() (pages_store.hpp) has the kind's ObjectBatch make typed objects of the page
///    (stripe::read_charge()); refused objects go to quarantine.
/// 4. MirroredKind (mirrored_kind.hpp) makes rows of the objects, and write_changed()
///    (mirror_store.hpp) writes those that differ from pay_private.charge.
/// 5. after_charge_change() (charges_store.cpp) applies the consequences of a change: history,
///    match_charges() and settle_requests() (matching_store.hpp). The view pay.my_payments shows
///    the result.
/// 6. advance_walk() (streams_store.hpp) stores the cursor. A slice that is complete is added to
///    pay_private.coverage.
///
/// Steps 3 to 6 are one transaction for up to ten pages. A charge that can still change afterwards
/// is read again by its id (rereads_store.hpp).
///
/// `reconciliation.concurrency` turns run side by side. Their places are shared by FairPlaces among
/// the accounts, so that one which Stripe does not answer for does not delay the others. An error
/// of one stream is stored in its row and delays only that stream.
class ReadJob final : public Job {
public:
    explicit ReadJob(Settings settings) : settings_(settings) {}

    std::string name() const override { return "reconciliation.read"; }
    std::chrono::milliseconds every() const override { return settings_.every; }
    /// `pay_stage`: an account's stage changed. `pay_payment_due`: an operator wants objects or a
    /// range of time to be read again.
    std::vector<std::string> channels() const override { return {"pay_stage", "pay_payment_due"}; }
    Task<void> run(Context& context) override;

private:
    /// Why a turn threw, and how its stream is released.
    struct TurnFailure {
        enum class Scope {
            stream,       ///< only this stream failed: release_failed()
            forbidden,    ///< as stream: the key lacks a right (403); logged once per kind and hour
            unreachable,  ///< the account seems lost: release_unreachable()
            lost_lease,   ///< the lease ran out or the account was disconnected: no write
            pass,  ///< database unavailable, key invalid, or the daemon stops: the pass ends, and
                   ///< release_unchanged() leaves the stream due
        };
        Scope scope = Scope::stream;
        bool key_invalid = false;  ///< Stripe answered 401; stored as the stream's error
        std::string problem;
        double at_least_seconds = 0;  ///< the shortest pause before the next turn
    };

    struct Pass;

    Task<void> claim_all(Context& context, Pass& pass, TaskGroup& turns);
    Task<void> add_streams(Context& context);
    Task<void> read(Context& context, Pass& pass, store::Turn turn);
    Task<void> take_turn(Context& context, Pass& pass, FairPlaces::Place& place, store::Turn turn);
    TurnFailure classify_failure(std::exception_ptr error, const std::string& account_id,
                                 bool stopping) const;
    Task<void> record_failure(Context& context, store::StreamLease lease, TurnFailure failure);
    bool may_log_forbidden(Context& context, const std::string& stream);

    using Time = std::chrono::steady_clock::time_point;

    Settings settings_;
    std::map<std::string, Time> logged_forbidden_;  // by stream
};

}  // namespace paysync::reconciliation
