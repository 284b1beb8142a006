// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/pool.hpp"
#include "daemon/base/loop/event.hpp"
#include "daemon/base/loop/task.hpp"

#include <algorithm>
#include <cassert>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace paysync::db {

/// Concurrent calls of one store function, grouped into shared transactions.
///
/// A commit waits for the disk. If 100 messages are sent at a time and each records its result in a
/// transaction of its own, the commits limit the throughput. Here, the calls that arrive while a
/// transaction is running wait for its end and then share the next one: 100 calls need a few
/// commits. A single call is not delayed.
///
///     std::vector<bool> record_all(pqxx::work& tx, std::vector<Sent> items);  // result per item
///     …
///     Grouped<Sent, bool> record(loop, pool, record_all);
///     const bool recorded = co_await record.run(sent);   // from many tasks
///
/// The function takes a batch and returns one result for each item, in the same order. It may be
/// called again, as for Pool::run(). A batch is committed as a whole or not at all.
///
/// Loop thread only. No call may be pending when the object is destroyed.
template <typename Item, typename Result>
class Grouped {
public:
    using Function = std::vector<Result> (*)(pqxx::work&, std::vector<Item>);

    Grouped(Loop& loop, Pool& pool, Function function, std::size_t max_batch = 64)
        : loop_(loop), pool_(pool), function_(function), max_batch_(max_batch) {}
    ~Grouped() { assert(waiting_.empty() && !running_); }
    Grouped(const Grouped&) = delete;
    Grouped& operator=(const Grouped&) = delete;

    /// Returns the result for `item`. Throws the same exceptions as Pool::run(). If a batch fails
    /// with StatementError, it is halved until the bad items are alone, so that only their calls
    /// fail. The batches that arrive meanwhile do not wait for that.
    Task<Result> run(Item item) {
        Call call(loop_, std::move(item));
        waiting_.push_back(&call);
        if (running_)
            co_await call.turn;
        else
            running_ = true;
        if (!call.finished)
            co_await run_next_batch();
        if (call.error)
            std::rethrow_exception(call.error);
        co_return std::move(*call.result);
    }

private:
    struct Call {
        Call(Loop& loop, Item call_item) : item(std::move(call_item)), turn(loop) {}
        Item item;
        Event turn;  ///< the call is finished, or it must run the next batch
        bool finished = false;
        std::optional<Result> result;
        std::exception_ptr error;
    };

    /// Runs the waiting calls, the caller's own first. Afterwards the first call of those that have
    /// arrived meanwhile runs the next batch.
    Task<void> run_next_batch() {
        std::vector<Call*> batch;
        while (!waiting_.empty() && batch.size() < max_batch_) {
            batch.push_back(waiting_.front());
            waiting_.pop_front();
        }
        const bool failed = co_await run_batch(batch);
        if (waiting_.empty())
            running_ = false;
        else
            waiting_.front()->turn.signal();
        if (failed)
            co_await run_halves(batch);
        for (Call* call : batch)
            call->finished = true;
        for (std::size_t i = 1; i < batch.size(); ++i)
            batch[i]->turn.signal();
    }

    /// Runs the halves of a batch that failed, down to single calls.
    Task<void> run_halves(std::vector<Call*> batch) {
        const auto middle = batch.begin() + static_cast<std::ptrdiff_t>(batch.size() / 2);
        const std::vector<Call*> first(batch.begin(), middle);
        const std::vector<Call*> second(middle, batch.end());
        if (co_await run_batch(first))
            co_await run_halves(first);
        if (co_await run_batch(second))
            co_await run_halves(second);
    }

    /// Returns true if a statement failed and there are several calls: nothing is stored, and they
    /// have no result yet.
    Task<bool> run_batch(std::vector<Call*> batch) {
        std::vector<Item> items;
        for (const Call* call : batch)
            items.push_back(call->item);
        std::exception_ptr error;
        try {
            auto results = co_await pool_.run(function_, std::move(items));
            for (std::size_t i = 0; i < batch.size(); ++i)
                batch[i]->result.emplace(std::move(results.at(i)));
            co_return false;
        } catch (const StatementError&) {
            if (batch.size() > 1)
                co_return true;
            error = std::current_exception();
        } catch (...) {
            error = std::current_exception();
        }
        for (Call* call : batch)
            call->error = error;
        co_return false;
    }

    Loop& loop_;
    Pool& pool_;
    Function function_;
    std::size_t max_batch_;
    std::deque<Call*> waiting_;
    bool running_ = false;
};

}  // namespace paysync::db
