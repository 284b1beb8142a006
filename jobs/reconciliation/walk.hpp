// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/semaphore.hpp"
#include "daemon/base/loop/task.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "daemon/base/loop/wakeup.hpp"
#include "jobs/reconciliation/pages_store.hpp"
#include "jobs/reconciliation/streams_store.hpp"
#include "jobs/stripe/client.hpp"

#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace paysync {
struct Context;
}

namespace paysync::stripe {
struct FetchedPage;
class Form;
class PagedList;
}  // namespace paysync::stripe

namespace paysync::reconciliation {

struct Settings;
struct StreamKind;

/// One turn's share of the walk through a stream's list.
///
/// A list by cursor is sequential: the request for a page needs the last id of the page before. At
/// 100 ms per request one account would not exceed 1,000 objects per second. So a slice with many
/// pages left is cut into two halves of its time range, which are fetched side by side, each by its
/// own PagedList (up to `reconciliation.slices`).
///
/// There is one fetcher for each slice. It reads only the outline of a page and requests the next
/// one. One writer for the whole walk stores the pages that have come, up to ten in one
/// transaction. `page_slots` bounds how many pages of all walks are in memory.
class Walk {
public:
    using Report =
        std::function<void(const store::StoredObjects&, const std::string& stripe_request_id)>;

    /// `page_slots` has a slot for each page that may be requested or wait to be stored. `report`
    /// is called for each stored batch.
    Walk(Context& context, const Settings& settings, const store::Turn& turn, Semaphore& page_slots,
         std::stop_token stop, Report report);
    ~Walk();
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;

    /// Returns true when the last slice is closed, false after 100 pages (the limit of a turn).
    /// Throws stripe::Error, stripe::FieldError, store::LeaseLost, db::Unavailable and Cancelled.
    /// If a request failed, the pages that came before it are stored first.
    Task<bool> run();

private:
    void start_fetching();
    Task<void> fetch(store::Slice slice);
    Task<void> fetch_pages(store::Slice& slice);
    Task<std::optional<stripe::FetchedPage>> next_page(stripe::PagedList& list);
    std::optional<store::Slice> split(store::Slice& slice, std::int64_t newest,
                                      std::int64_t oldest) const;
    void enqueue(store::ListPage page);
    Task<void> write();
    Task<void> write_batch();

    Context& context_;
    const Settings& settings_;
    const store::Turn& turn_;
    const StreamKind& kind_;
    Semaphore& page_slots_;
    std::stop_token stop_;
    Report report_;

    TaskGroup fetchers_;
    std::stop_source stop_fetching_;
    std::deque<store::Slice> waiting_;   // slices without a fetcher
    std::deque<store::ListPage> pages_;  // fetched, not stored
    Wakeup arrived_;                     // a page was fetched, or a fetcher ended
    int fetching_ = 0;                   // slices with a fetcher
    int requested_ = 0;                  // pages of this turn
    int taken_slots_ = 0;
    bool finished_ = false;
    std::exception_ptr error_;  // of the first fetcher that failed
};

/// The times of the settings, in seconds.
store::WalkTimes walk_times(const Settings& settings);

}  // namespace paysync::reconciliation
