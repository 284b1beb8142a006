// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/walk.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/crash_point.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/form.hpp"
#include "jobs/stripe/json.hpp"
#include "jobs/stripe/outline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace paysync::reconciliation {

namespace {

/// After this many pages a long walk lets the other streams go first.
constexpr int kPagesPerTurn = 100;
/// Stored in one transaction: large enough to be cheap, small enough not to hold anybody up.
constexpr std::size_t kPagesPerBatch = 10;
/// A slice is cut when by its pace so far it has more than this many pages left.
constexpr std::int64_t kPagesWorthCutting = 4;
constexpr std::chrono::hours kUntilWoken{1};

double seconds(std::chrono::milliseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

bool cursor_vanished(const store::Slice& slice, const stripe::Error& error) {
    return !slice.cursor.empty() &&
           (error.kind() == stripe::Error::Kind::not_found || error.code() == "resource_missing");
}

/// From where on everything of the slice was on pages before; nothing where that is not known: of
/// one that goes on until now, and of one that another turn began.
std::optional<std::int64_t> listed_before(const store::Slice& slice) {
    if (!slice.cursor.empty() || slice.until == store::kOpenEnd)
        return std::nullopt;
    return slice.until;
}

}  // namespace

store::Pace pace_of(const Settings& settings) {
    store::Pace pace;
    pace.overlap = seconds(settings.overlap);
    pace.horizon = seconds(settings.horizon);
    // Due before the job's next pass, whose pause is varied at random, or it would miss it.
    pace.rest = seconds(settings.every) / 2;
    pace.slowest = seconds(settings.slowest);
    return pace;
}

Walk::Walk(Context& context, const Settings& settings, const store::Turn& turn, Semaphore& in_hand,
           std::stop_token stop, Report report)
    : context_(context),
      settings_(settings),
      turn_(turn),
      kind_(kind_of(turn.lease.stream)),
      in_hand_(in_hand),
      stop_(std::move(stop)),
      report_(std::move(report)),
      fetchers_(context.loop),
      waiting_(turn.slices.begin(), turn.slices.end()) {}

Walk::~Walk() {
    in_hand_.release(held_);
}

Task<bool> Walk::run() {
    const std::stop_callback pass_on(stop_, [this] { no_more_.request_stop(); });
    std::exception_ptr error;
    try {
        start_fetching();
        co_await write();
    } catch (...) {
        error = std::current_exception();
    }
    no_more_.request_stop();
    co_await fetchers_.join();
    if (error)
        std::rethrow_exception(error);
    if (error_)
        std::rethrow_exception(error_);
    co_return finished_;
}

void Walk::start_fetching() {
    while (!waiting_.empty() && fetching_ < settings_.slices && !no_more_.stop_requested()) {
        auto slice = std::move(waiting_.front());
        waiting_.pop_front();
        ++fetching_;
        fetchers_.spawn(fetch(std::move(slice)));
    }
}

/// One slice, to its end or to that of the turn; then the next that waits.
Task<void> Walk::fetch(store::Slice slice) {
    try {
        co_await fetch_all(slice);
    } catch (const Cancelled&) {
        // The turn is over; what ended it is known elsewhere.
    } catch (...) {
        if (!error_)
            error_ = std::current_exception();
        no_more_.request_stop();
    }
    --fetching_;
    start_fetching();
    arrived_.notify();
}

Task<void> Walk::fetch_all(store::Slice& slice) {
    auto listed_from = listed_before(slice);
    while (asked_ < kPagesPerTurn) {
        ++asked_;
        co_await in_hand_.acquire(no_more_.get_token());
        ++held_;
        store::ListPage page;
        page.answer.asked = std::chrono::steady_clock::now();
        auto reply = co_await ask(slice);
        if (!reply) {
            slice.cursor.clear();
            listed_from = listed_before(slice);
            page.slice = slice;
            put(std::move(page));
            continue;
        }
        stripe::Outline outline;
        try {
            outline = stripe::outline_page(reply->body);
        } catch (const stripe::FieldError& error) {
            throw std::runtime_error(fmt::format("a page of the list cannot be read: {} [{}]",
                                                 error.what(), reply->request_id));
        }
        page.body = std::move(reply->body);
        page.answer.stripe_request_id = reply->request_id;
        const auto oldest = outline.oldest.value_or(slice.from);
        const auto newest = outline.newest.value_or(slice.from);
        page.whole.to = listed_from ? *listed_from - 1 : newest;
        page.whole.from = outline.has_more ? oldest + 1 : slice.from;
        if (outline.has_more) {
            slice.cursor = outline.last_id;
            page.split_off = split(slice, listed_from.value_or(newest), oldest);
        }
        page.slice = slice;
        page.last = !outline.has_more;
        const auto split_off = page.split_off;
        listed_from = oldest;
        put(std::move(page));  // before the first page of what was split off
        if (split_off) {
            waiting_.push_back(*split_off);
            start_fetching();
        }
        if (!outline.has_more)
            co_return;
    }
}

/// Nothing when the slice's cursor is gone at Stripe, and it has to begin again.
Task<std::optional<stripe::Reply>> Walk::ask(const store::Slice& slice) {
    std::optional<stripe::Reply> reply;
    try {
        reply = co_await context_.stripe.get(path(slice), turn_.lease.account_id,
                                             stripe::Priority::background, no_more_.get_token());
    } catch (const stripe::Error& error) {
        if (!cursor_vanished(slice, error))
            throw;
        log::about()
            .account(turn_.lease.account_id)
            .stripe_request(error.request_id())
            .info("{} of {}: {} is gone at Stripe, this part of the walk begins again [{}]",
                  kind_.stream, name_of(turn_.lease.account_id), slice.cursor, error.request_id());
    }
    co_return reply;
}

/// The older half of what is left of the slice, if it is worth a call of its own.
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

void Walk::put(store::ListPage page) {
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
    const auto pace = pace_of(settings_);
    const std::shared_ptr<const store::ListPages> pages = batch;
    crash_point("before-charges-page");
    const auto stored = co_await context_.db.run(store::store_pages, turn_.lease, pace, pages);
    crash_point("after-charges-page");
    const auto written = static_cast<int>(batch->size());
    held_ -= written;
    in_hand_.release(written);
    finished_ = stored.finished;
    report_(stored, batch->back().answer.stripe_request_id);
}

std::string Walk::path(const store::Slice& slice) const {
    stripe::Form query;
    query.add("created[gte]", slice.from);
    if (slice.until != store::kOpenEnd)
        query.add("created[lt]", slice.until);
    query.add("limit", settings_.page_limit);
    if (kind_.expand != nullptr)
        query.add("expand[]", std::string("data.") + kind_.expand);
    if (!slice.cursor.empty())
        query.add("starting_after", slice.cursor);
    return stripe::query(kind_.path, query);
}

}  // namespace paysync::reconciliation
