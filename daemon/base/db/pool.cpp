// SPDX-License-Identifier: MIT
#include "daemon/base/db/pool.hpp"

#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/errors.hpp"

#include <algorithm>

namespace paysync::db {

namespace {

/// The server has no room for one more connection: that is no lost database.
bool turned_away(const std::string& reason) {
    return reason.find("too many clients") != std::string::npos ||
           reason.find("connection slots") != std::string::npos ||
           reason.find("too many connections") != std::string::npos;
}

}  // namespace

Pool::Pool(Loop& loop, Options options) : loop_(loop), options_(std::move(options)) {
    began_.resize(static_cast<std::size_t>(options_.workers));
    for (std::size_t i = 0; i < began_.size(); ++i)
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
    Connection connection(options_.conninfo, Plans::once);
    for (;;) {
        QueryBase* query = nullptr;
        std::chrono::steady_clock::time_point began;
        {
            std::unique_lock lock(mutex_);
            began_[worker].reset();
            ready_.wait(lock, [this] { return closing_ || !queue_.empty(); });
            if (queue_.empty())
                return;
            query = queue_.front();
            queue_.pop_front();
            began = std::chrono::steady_clock::now();
            began_[worker] = began;
        }
        try {
            connection.run([query](pqxx::work& tx) { query->execute(tx); });
            note(true, "", began);
        } catch (const Unavailable& e) {
            if (!turned_away(e.what()))
                note(false, e.what(), began);
            query->fail(std::current_exception());
        } catch (...) {
            note(true, "", began);
            query->fail(std::current_exception());
        }
        loop_.post([this, query] {
            loop_.resume_soon(query->coroutine());
            loop_.release();
        });
    }
}

std::chrono::steady_clock::duration Pool::longest() {
    const auto now = std::chrono::steady_clock::now();
    std::chrono::steady_clock::duration longest{};
    const std::lock_guard lock(mutex_);
    for (const auto& began : began_)
        if (began)
            longest = std::max(longest, now - *began);
    return longest;
}

void Pool::note(bool available, const std::string& reason,
                std::chrono::steady_clock::time_point began) {
    {
        const std::lock_guard lock(mutex_);
        // What was under way when the database went does not say that it is back.
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
