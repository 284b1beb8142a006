// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/semaphore.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/reconciliation/kinds.hpp"
#include "jobs/reconciliation/pages_store.hpp"
#include "jobs/reconciliation/sessions_store.hpp"
#include "jobs/reconciliation/settings.hpp"
#include "jobs/reconciliation/streams_store.hpp"
#include "jobs/stripe/balance.hpp"
#include "jobs/stripe/client.hpp"

#include <optional>
#include <stop_token>
#include <string>

namespace paysync::reconciliation {

/// One stream's turn: the walk through its list, the objects that can still change, and what only
/// this kind has: the payments that only a checkout session can tie to a request, what is in a
/// payout, the balance that the ledger must add up to. Holds nothing but what is in the database,
/// so a turn that is cut off anywhere is taken up by the next.
class StreamReader {
public:
    /// `in_hand` bounds the pages of all streams that are in memory.
    StreamReader(Context& context, const Settings& settings, store::Turn turn, Semaphore& in_hand,
                 std::stop_token stop);

    /// Ends when all is read, or after so many pages that others should have their turn. Throws
    /// stripe::Error, store::LeaseLost, db::Unavailable, Cancelled.
    Task<void> run();

private:
    enum class Outcome {
        done,
        refused,  ///< Stripe does not give it, ever
        failed,   ///< it may next time
    };

    /// What Stripe says about one object alone is told, and holds up no other.
    Task<Outcome> spare_the_others(std::string what, Task<void> work);
    Task<void> check_again();
    Task<void> check_one(std::string id);
    Task<void> ask_sessions();
    Task<void> ask_session(store::Untied charge);
    Task<void> itemise_payouts();
    Task<void> itemise(std::string payout_id);
    Task<stripe::Balance> read_balance(std::string& stripe_request_id);
    Task<stripe::Reply> get(std::string path_and_query);
    void report(const store::Stored& stored, const std::string& stripe_request_id) const;

    Context& context_;
    const Settings& settings_;
    store::Turn turn_;
    const Kind& kind_;
    Semaphore& in_hand_;
    std::stop_token stop_;
    int failures_ = 0;   ///< objects in a row that Stripe failed to give
    bool more_ = false;  ///< objects are left to be asked for
};

}  // namespace paysync::reconciliation
