// SPDX-License-Identifier: MIT
#include "daemon/scheduler.hpp"

#include "daemon/db/errors.hpp"
#include "daemon/loop/cancelled.hpp"
#include "daemon/loop/task_group.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace paysync {

namespace {

using namespace std::chrono_literals;
constexpr std::chrono::milliseconds kFirstBackoff = 1s;
constexpr std::chrono::milliseconds kLastBackoff = 5min;
constexpr std::chrono::milliseconds kDatabaseRetry = 2s;
constexpr std::chrono::milliseconds kDeafAfterFailure = 30s;

}  // namespace

void Scheduler::add(Entry entry) {
    auto job = std::make_unique<Job>();
    job->entry = std::move(entry);
    jobs_.push_back(std::move(job));
}

bool Scheduler::run_now(const std::string& name) {
    for (const auto& job : jobs_)
        if (job->entry.name == name) {
            job->wakeup.notify();
            return true;
        }
    return false;
}

Task<void> Scheduler::run(std::stop_token stop) {
    TaskGroup running(loop_);
    for (const auto& job : jobs_)
        running.spawn(serve(*job, stop));
    co_await running.join();
}

Task<void> Scheduler::serve(Job& job, std::stop_token stop) {
    while (!stop.stop_requested()) {
        auto pause = kDatabaseRetry;
        try {
            co_await job.entry.pass(stop);
            job.failures = 0;
            pause = pause_after(job);
        } catch (const Cancelled&) {
            // Either the daemon stops, or a pass gave its work up because its leases were lost.
            if (stop.stop_requested())
                co_return;
        } catch (const db::Unavailable&) {
            // The pool has said so once, for all jobs.
        } catch (const std::exception& e) {
            ++job.failures;
            pause = pause_after(job);
            spdlog::error("{}: {}; trying again in {} s", job.entry.name, e.what(),
                          std::chrono::duration_cast<std::chrono::seconds>(pause).count());
        }
        try {
            // Being woken mends nothing of what failed: a wrong password must not be tried at the
            // rate of inserts.
            const auto deaf = job.failures > 0 ? std::min(pause, kDeafAfterFailure) : 0ms;
            if (deaf > 0ms)
                co_await clock_.sleep(deaf, stop);
            if (pause > deaf)
                co_await job.wakeup.wait(clock_, pause - deaf, stop);
        } catch (const Cancelled&) {
            co_return;
        }
    }
}

std::chrono::milliseconds Scheduler::pause_after(const Job& job) {
    auto pause = job.entry.every;
    if (job.failures > 0) {
        const auto doubled = kFirstBackoff * (1 << std::min(job.failures - 1, 16));
        pause = std::min(std::max(pause, doubled), std::max(pause, kLastBackoff));
    }
    const auto spread = pause.count() * job.entry.jitter_percent / 100;
    return pause + std::chrono::milliseconds(
                       std::uniform_int_distribution<std::int64_t>(-spread, spread)(random_));
}

}  // namespace paysync
