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

namespace paysync::reconciliation {

/// Brings the charges, refunds, disputes, ledger rows, payouts and balances of every connected
/// account into PostgreSQL, and ties charges to payment requests. Several streams at once, each in
/// its turn; what is wrong with one is written into it and holds up no other, and what is slow
/// gives its place to another.
class ReadJob final : public Job {
public:
    explicit ReadJob(Settings settings) : settings_(settings) {}

    std::string name() const override { return "reconciliation.read"; }
    std::chrono::milliseconds every() const override { return settings_.every; }
    std::vector<std::string> channels() const override { return {"pay_stage", "pay_payment_due"}; }
    Task<void> run(Context& context) override;

private:
    /// Why a turn ended before its time, and what follows.
    struct Failure {
        enum class Scope {
            account,      ///< goes into the stream; the next turn comes later
            forbidden,    ///< as account, for a right that the key lacks: told once for each kind
            unreachable,  ///< as account, and onboarding has to look
            lost_lease,   ///< another daemon goes on
            pass,         ///< every other account would fail the same way
        };
        Scope scope = Scope::account;
        bool key_refused = false;
        std::string problem;
        double at_least_seconds = 0;
    };

    Task<void> claim_all(Context& context, TaskGroup& accounts);
    Task<void> wait_for_place(Context& context);
    Task<void> add_streams(Context& context);
    Task<void> read(Context& context, store::Turn turn);
    Task<void> take_turn(Context& context, store::Turn turn);
    Failure judge(std::exception_ptr error, const std::string& account_id, bool stopping) const;
    Task<void> record(Context& context, store::Lease lease, Failure failure);

    Settings settings_;
    std::optional<Semaphore> in_hand_;                              // pages of the current pass
    std::multiset<std::chrono::steady_clock::time_point> reading_;  // since when, of its streams
    Wakeup ended_;                                                  // one of them
    std::map<std::string, std::chrono::steady_clock::time_point> told_forbidden_;  // by stream
    bool failed_ = false;  // the current pass as a whole
};

}  // namespace paysync::reconciliation
