// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/walk.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/crash_point.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/reconciliation/settings.hpp"
#include "jobs/reconciliation/stream_kind.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/paged_list.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace paysync::reconciliation {

namespace {

/// After this many pages a long walk lets the other streams go first.
constexpr int kPagesPerTurn = 100;
/// Stored in one transaction: many enough to be cheap, few enough to keep other writers waiting
/// only shortly.
constexpr std::size_t kPagesPerBatch = 10;
/// A slice is cut when at the density so far more than this many pages are left.
constexpr std::int64_t kPagesWorthCutting = 4;
constexpr std::chrono::hours kUntilWoken{1};

double in_seconds(std::chrono::milliseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

/// The creation time from which on all objects of the slice were on earlier pages. Nothing when
/// that is not known: for the slice that goes on until now, and for one that another turn began.
std::optional<std::int64_t> listed_from(const store::Slice& slice) {
    if (!slice.cursor.empty() || slice.until == store::kOpenEnd)
        return std::nullopt;
    return slice.until;
}

stripe::Form filter_of(const store::Slice& slice) {
    stripe::Form filter;
    filter.add("created[gte]", slice.from);
    if (slice.until != store::kOpenEnd)
        filter.add("created[lt]", slice.until);
    return filter;
}

}  // namespace

store::WalkTimes walk_times(const Settings& settings) {
    store::WalkTimes times;
    times.overlap = in_seconds(settings.overlap);
    times.horizon = in_seconds(settings.horizon);
    // Half a period: the pause between passes varies at random, and the next pass must find the
    // stream due.
    times.rest = in_seconds(settings.every) / 2;
    times.slowest = in_seconds(settings.slowest);
    return times;
}

Walk::Walk(Context& context, const Settings& settings, const store::Turn& turn,
           Semaphore& page_slots, std::stop_token stop, Report report)
    : context_(context),
      settings_(settings),
      turn_(turn),
      kind_(stream_kind(turn.lease.stream)),
      page_slots_(page_slots),
      stop_(std::move(stop)),
      report_(std::move(report)),
      fetchers_(context.loop),
      waiting_(turn.slices.begin(), turn.slices.end()) {}

Walk::~Walk() {
    page_slots_.release(taken_slots_);
}

Task<bool> Walk::run() {
    const std::stop_callback pass_on(stop_, [this] { stop_fetching_.request_stop(); });
    std::exception_ptr error;
    try {
        start_fetching();
        co_await write();
    } catch (...) {
        error = std::current_exception();
    }
    stop_fetching_.request_stop();
    co_await fetchers_.join();
    if (error)
        std::rethrow_exception(error);
    if (error_)
        std::rethrow_exception(error_);
    co_return finished_;
}

void Walk::start_fetching() {
    while (!waiting_.empty() && fetching_ < settings_.slices && !stop_fetching_.stop_requested()) {
        auto slice = std::move(waiting_.front());
        waiting_.pop_front();
        ++fetching_;
        fetchers_.spawn(fetch(std::move(slice)));
    }
}

Task<void> Walk::fetch(store::Slice slice) {
    try {
        co_await fetch_pages(slice);
    } catch (const Cancelled&) {
        // The error that ended the turn is in error_, or was thrown by write().
    } catch (...) {
        if (!error_)
            error_ = std::current_exception();
        stop_fetching_.request_stop();
    }
    --fetching_;
    start_fetching();
    arrived_.notify();
}

/// Fetches the pages of one slice until its end, or until the turn has requested enough.
Task<void> Walk::fetch_pages(store::Slice& slice) {
    stripe::PagedList::Query query;
    query.path = kind_.path;
    query.filter = filter_of(slice);
    query.account = turn_.lease.account_id;
    query.expand = kind_.expand;
    query.limit = settings_.page_limit;
    stripe::PagedList list(context_.stripe, query, stripe::Priority::background,
                           stop_fetching_.get_token());
    list.continue_after(slice.cursor);
    auto known_from = listed_from(slice);
    while (requested_ < kPagesPerTurn) {
        ++requested_;
        co_await page_slots_.acquire(stop_fetching_.get_token());
        ++taken_slots_;
        store::ListPage page;
        page.response.asked_at = std::chrono::steady_clock::now();
        auto fetched = co_await next_page(list);
        if (!fetched) {
            slice.cursor.clear();
            known_from = listed_from(slice);
            page.slice = slice;
            enqueue(std::move(page));
            continue;
        }
        const auto& outline = fetched->outline;
        page.body = std::move(fetched->reply.body);
        page.response.stripe_request_id = fetched->reply.request_id;
        const auto oldest = outline.oldest.value_or(slice.from);
        const auto newest = outline.newest.value_or(slice.from);
        page.listed.to = known_from ? *known_from - 1 : newest;
        // Others with the creation time of the oldest may be on the next page.
        page.listed.from = outline.has_more ? oldest + 1 : slice.from;
        if (outline.has_more) {
            slice.cursor = outline.last_id;
            page.split_off = split(slice, known_from.value_or(newest), oldest);
            list.set_filter(filter_of(slice));
        }
        page.slice = slice;
        page.last = !outline.has_more;
        const auto split_off = page.split_off;
        known_from = oldest;
        enqueue(std::move(page));  // before the first page of the slice that was split off
        if (split_off) {
            waiting_.push_back(*split_off);
            start_fetching();
        }
        if (!outline.has_more)
            co_return;
    }
}

/// Nothing when the object of the cursor is gone at Stripe; the list then begins again.
Task<std::optional<stripe::FetchedPage>> Walk::next_page(stripe::PagedList& list) {
    std::optional<stripe::FetchedPage> page;
    try {
        page = co_await list.next();
    } catch (const stripe::Error& error) {
        if (!list.is_cursor_gone(error))
            throw;
        log::about()
            .account(turn_.lease.account_id)
            .stripe_request(error.request_id())
            .info("{} {}: the walk's cursor {} is gone at Stripe; this slice begins again [{}]",
                  display_name(turn_.lease.account_id), kind_.stream, list.cursor(),
                  error.request_id());
        list.restart();
    }
    co_return std::move(page);
}

/// Cuts the slice, if it is worth it: returns the older half of what is left of it.
std::optional<store::Slice> Walk::split(store::Slice& slice, std::int64_t newest,
                                        std::int64_t oldest) const {
    const auto left = oldest - slice.from;
    const auto page = std::max<std::int64_t>(newest - oldest, 1);
    if (left < 2 || left / page < kPagesWorthCutting ||
        fetching_ + static_cast<int>(waiting_.size()) >= settings_.slices)
        return std::nullopt;
    store::Slice older;
    older.from = slice.from;
    older.until = slice.from + left / 2;
    slice.from = older.until;
    return older;
}

void Walk::enqueue(store::ListPage page) {
    pages_.push_back(std::move(page));
    arrived_.notify();
}

Task<void> Walk::write() {
    while (fetching_ > 0 || !pages_.empty()) {
        if (pages_.empty())
            co_await arrived_.wait(context_.clock, kUntilWoken, stop_);
        else
            co_await write_batch();
    }
}

Task<void> Walk::write_batch() {
    auto batch = std::make_shared<store::ListPages>();
    while (!pages_.empty() && batch->size() < kPagesPerBatch) {
        batch->push_back(std::move(pages_.front()));
        pages_.pop_front();
    }
    const auto times = walk_times(settings_);
    const std::shared_ptr<const store::ListPages> pages = batch;
    crash_point("before-charges-page");
    const auto stored = co_await context_.db.run(store::store_pages, turn_.lease, times, pages);
    crash_point("after-charges-page");
    const auto slots = static_cast<int>(batch->size());
    taken_slots_ -= slots;
    page_slots_.release(slots);
    finished_ = stored.finished;
    report_(stored, batch->back().response.stripe_request_id);
}

}  // namespace paysync::reconciliation
