// SPDX-License-Identifier: MIT
#include "daemon/base/db/pool.hpp"

#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/errors.hpp"

#include <algorithm>

namespace paysync::db {

namespace {

/// The server has no free connection slot. It works, so this does not count as a lost database.
bool is_connection_limit(const std::string& reason) {
    return reason.find("too many clients") != std::string::npos ||
           reason.find("connection slots") != std::string::npos ||
           reason.find("too many connections") != std::string::npos;
}

}  // namespace

Pool::Pool(Loop& loop, Options options) : loop_(loop), options_(std::move(options)) {
    busy_since_.resize(static_cast<std::size_t>(options_.workers));
    for (std::size_t i = 0; i < busy_since_.size(); ++i)
        threads_.emplace_back([this, i] { work(i); });
}

Pool::~Pool() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    ready_.notify_all();
    for (auto& thread : threads_)
        thread.join();
}

void Pool::submit(QueryBase* query) {
    loop_.hold();
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(query);
    }
    ready_.notify_one();
}

void Pool::work(std::size_t worker) {
    Connection connection(options_.conninfo, PlanMode::generic);
    for (;;) {
        QueryBase* query = nullptr;
        std::chrono::steady_clock::time_point began;
        {
            std::unique_lock lock(mutex_);
            busy_since_[worker].reset();
            ready_.wait(lock, [this] { return closing_ || !queue_.empty(); });
            if (queue_.empty())
                return;
            query = queue_.front();
            queue_.pop_front();
            began = std::chrono::steady_clock::now();
            busy_since_[worker] = began;
        }
        try {
            connection.run([query](pqxx::work& tx) { query->execute(tx); });
            record_availability(true, "", began);
        } catch (const Unavailable& e) {
            if (!is_connection_limit(e.what()))
                record_availability(false, e.what(), began);
            query->fail(std::current_exception());
        } catch (...) {
            record_availability(true, "", began);
            query->fail(std::current_exception());
        }
        loop_.post([this, query] {
            loop_.resume_soon(query->coroutine());
            loop_.release();
        });
    }
}

std::chrono::steady_clock::duration Pool::longest_running() {
    const auto now = std::chrono::steady_clock::now();
    std::chrono::steady_clock::duration longest{};
    const std::lock_guard lock(mutex_);
    for (const auto& began : busy_since_)
        if (began)
            longest = std::max(longest, now - *began);
    return longest;
}

void Pool::record_availability(bool available, const std::string& reason,
                               std::chrono::steady_clock::time_point began) {
    {
        const std::lock_guard lock(mutex_);
        // A success of a call that began before the loss does not prove that the database is back.
        if (available_ == available || (available && began < lost_at_))
            return;
        available_ = available;
        if (!available)
            lost_at_ = std::chrono::steady_clock::now();
    }
    if (options_.on_change)
        loop_.post([this, available, reason] { options_.on_change(available, reason); });
}

}  // namespace paysync::db
