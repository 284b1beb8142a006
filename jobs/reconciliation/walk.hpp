// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/semaphore.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "daemon/base/loop/wakeup.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/reconciliation/kinds.hpp"
#include "jobs/reconciliation/pages_store.hpp"
#include "jobs/reconciliation/settings.hpp"
#include "jobs/reconciliation/streams_store.hpp"
#include "jobs/stripe/client.hpp"

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace paysync::reconciliation {

/// A turn's share of the walk through a stream's list. Slices of time are fetched side by side, and
/// a slice with many pages left is cut into halves, so that one large account is not one long
/// chain of calls. One writer stores the pages that have come, several in one transaction; how many
/// wait for it is bounded for all walks together.
class Walk {
public:
    using Report = std::function<void(const store::Stored&, const std::string& stripe_request_id)>;

    /// `in_hand` bounds the pages of all walks that are asked for or wait to be stored.
    Walk(Context& context, const Settings& settings, const store::Turn& turn, Semaphore& in_hand,
         std::stop_token stop, Report report);
    ~Walk();
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;

    /// Whether the walk came to its end; if not, others should have their turn. Throws
    /// stripe::Error, store::LeaseLost, db::Unavailable, Cancelled; what came before it is stored.
    Task<bool> run();

private:
    void start_fetching();
    Task<void> fetch(store::Slice slice);
    Task<void> fetch_all(store::Slice& slice);
    Task<std::optional<stripe::Reply>> ask(const store::Slice& slice);
    std::optional<store::Slice> split(store::Slice& slice, std::int64_t newest,
                                      std::int64_t oldest) const;
    void put(store::ListPage page);
    Task<void> write();
    Task<void> write_batch();
    std::string path(const store::Slice& slice) const;

    Context& context_;
    const Settings& settings_;
    const store::Turn& turn_;
    const Kind& kind_;
    Semaphore& in_hand_;
    std::stop_token stop_;
    Report report_;

    TaskGroup fetchers_;
    std::stop_source no_more_;  // calls for further pages
    std::deque<store::Slice> waiting_;
    std::deque<store::ListPage> pages_;
    Wakeup arrived_;
    int fetching_ = 0;  // slices
    int asked_ = 0;     // pages
    int held_ = 0;      // of in_hand_
    bool finished_ = false;
    std::exception_ptr error_;  // of the first fetcher that failed
};

/// The times of the settings as the store counts them.
store::Pace pace_of(const Settings& settings);

}  // namespace paysync::reconciliation
