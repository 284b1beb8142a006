// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/semaphore.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "daemon/base/loop/wakeup.hpp"
#include "jobs/frame/job.hpp"
#include "jobs/reconciliation/settings.hpp"
#include "jobs/reconciliation/streams_store.hpp"

#include <chrono>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace paysync::reconciliation {

/// The job `reconciliation.read`: copies charges, refunds, disputes, ledger rows, payouts,
/// application fees and balances of every connected account into PostgreSQL, and matches charges
/// with payment requests.
///
/// The way of a page of charges from Stripe into "My Payments":
///
/// 1. ReadJob claims the stream that is due, `charges` of an account (streams_store.hpp).
/// 2. StreamReader runs the turn; its Walk fetches the pages (stripe::PagedList) and hands them,
///    unparsed, to a database worker.
/// 3. store_pages() (pages_store.hpp) has the kind's ObjectBatch make typed objects of the page
///    (stripe::read_charge()); refused objects go to quarantine.
/// 4. MirroredKind (mirrored_kind.hpp) makes rows of the objects, and write_changed()
///    (mirror_store.hpp) writes those that differ from pay_private.charge.
/// 5. Consequences of a change (charges_store.cpp): history, match_charges(), and
///    settle_requests() (matching_store.hpp). The view pay.my_payments shows the result.
/// 6. advance_walk() (streams_store.hpp) records what is proven to be read, in the same
///    transaction.
///
/// Several streams are read side by side. An error of one stream is stored in its row and delays
/// only that stream; a slow stream does not keep its place from others.
class ReadJob final : public Job {
public:
    explicit ReadJob(Settings settings) : settings_(settings) {}

    std::string name() const override { return "reconciliation.read"; }
    std::chrono::milliseconds every() const override { return settings_.every; }
    std::vector<std::string> channels() const override { return {"pay_stage", "pay_payment_due"}; }
    Task<void> run(Context& context) override;

private:
    /// Why a turn did not come to its end, and what follows.
    struct TurnFailure {
        enum class Scope {
            stream,       ///< the stream failed; its next turn comes later
            forbidden,    ///< as stream: the key lacks a right, logged once per kind and hour
            unreachable,  ///< as stream; onboarding looks whether the account is still connected
            lost_lease,   ///< another daemon has the stream
            pass,         ///< every other stream would fail too
        };
        Scope scope = Scope::stream;
        bool key_refused = false;
        std::string problem;
        double at_least_seconds = 0;  ///< until the next turn
    };

    Task<void> claim_all(Context& context, TaskGroup& turns);
    Task<void> wait_for_place(Context& context);
    Task<void> add_streams(Context& context);
    Task<void> read(Context& context, store::Turn turn);
    Task<void> take_turn(Context& context, store::Turn turn);
    TurnFailure classify_failure(std::exception_ptr error, const std::string& account_id,
                                 bool stopping) const;
    Task<void> record_failure(Context& context, store::StreamLease lease, TurnFailure failure);
    bool may_log_forbidden(Context& context, const std::string& stream);

    using Time = std::chrono::steady_clock::time_point;

    Settings settings_;
    std::optional<Semaphore> page_slots_;  // of the current pass
    std::multiset<Time> running_;          // when each running turn began
    Wakeup turn_ended_;
    std::map<std::string, Time> logged_forbidden_;  // by stream
    bool pass_failed_ = false;
};

}  // namespace paysync::reconciliation
