// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/context.hpp"
#include "jobs/reconciliation/pages_store.hpp"
#include "jobs/reconciliation/settings.hpp"
#include "jobs/reconciliation/streams_store.hpp"

#include <stop_token>
#include <string>

namespace paysync::reconciliation {

/// One account's turn: the walk through its charges, the charges that can still change, and the
/// payments that only a checkout session can tie to a request. Holds nothing but what is in the
/// database, so a turn that is cut off anywhere is taken up by the next.
class AccountReader {
public:
    AccountReader(Context& context, const Settings& settings, store::Turn turn,
                  std::stop_token stop);

    /// Ends when all is read, or after so many pages that others should have their turn. Throws
    /// stripe::Error, store::LeaseLost, db::Unavailable, Cancelled.
    Task<void> run();

private:
    Task<bool> walk();
    Task<store::Stored> store_page(stripe::Reply reply, store::Pace pace);
    Task<void> check_again();
    Task<void> check_one(std::string charge_id);
    Task<void> ask_sessions();
    Task<stripe::Reply> get(std::string path_and_query);
    std::string list_path() const;
    bool cursor_vanished(const stripe::Error& error) const;
    void report(const store::Stored& stored, const std::string& stripe_request_id) const;

    Context& context_;
    const Settings& settings_;
    store::Turn turn_;
    std::stop_token stop_;
};

/// The times of the settings as the store counts them.
store::Pace pace_of(const Settings& settings);

}  // namespace paysync::reconciliation
