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

/// Calls of one store function that share transactions: while one transaction is under way the
/// next calls gather, and then go together. Alone, a call costs what it costs without. The function
/// takes a batch and answers each item, in order; all parts of a batch commit or none.
template <typename Item, typename Result>
class Grouped {
public:
    using Function = std::vector<Result> (*)(pqxx::work&, std::vector<Item>);

    Grouped(Loop& loop, Pool& pool, Function function, std::size_t largest = 64)
        : loop_(loop), pool_(pool), function_(function), largest_(largest) {}
    ~Grouped() { assert(waiting_.empty() && !leading_); }
    Grouped(const Grouped&) = delete;
    Grouped& operator=(const Grouped&) = delete;

    /// The item's answer. Throws as Pool::run() does; a statement that fails for one item of a
    /// batch is tried again for each alone, so that the others do not suffer.
    Task<Result> run(Item item) {
        Call call(loop_, std::move(item));
        waiting_.push_back(&call);
        if (leading_)
            co_await call.turn;
        else
            leading_ = true;
        if (!call.finished)
            co_await lead();
        if (call.error)
            std::rethrow_exception(call.error);
        co_return std::move(*call.result);
    }

private:
    struct Call {
        Call(Loop& loop, Item call_item) : item(std::move(call_item)), turn(loop) {}
        Item item;
        Event turn;  ///< finished by another's transaction, or next to lead one
        bool finished = false;
        std::optional<Result> result;
        std::exception_ptr error;
    };

    /// Carries out what waits, the leader's own call first, and hands the lead on.
    Task<void> lead() {
        std::vector<Call*> batch;
        while (!waiting_.empty() && batch.size() < largest_) {
            batch.push_back(waiting_.front());
            waiting_.pop_front();
        }
        co_await carry_out(batch);
        for (Call* call : batch)
            call->finished = true;
        for (std::size_t i = 1; i < batch.size(); ++i)
            batch[i]->turn.signal();
        if (waiting_.empty())
            leading_ = false;
        else
            waiting_.front()->turn.signal();
    }

    Task<void> carry_out(std::vector<Call*> batch) {
        std::vector<Item> items;
        for (const Call* call : batch)
            items.push_back(call->item);
        bool one_by_one = false;
        std::exception_ptr error;
        try {
            auto results = co_await pool_.run(function_, std::move(items));
            for (std::size_t i = 0; i < batch.size(); ++i)
                batch[i]->result.emplace(std::move(results.at(i)));
        } catch (const StatementError&) {
            one_by_one = batch.size() > 1;
            error = std::current_exception();
        } catch (...) {
            error = std::current_exception();
        }
        for (Call* call : batch) {
            if (one_by_one)
                co_await carry_out(std::vector<Call*>(1, call));
            else
                call->error = error;
        }
    }

    Loop& loop_;
    Pool& pool_;
    Function function_;
    std::size_t largest_;
    std::deque<Call*> waiting_;
    bool leading_ = false;
};

}  // namespace paysync::db
