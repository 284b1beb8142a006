// SPDX-License-Identifier: MIT
#include "daemon/app/scheduler.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/task_group.hpp"

#include <algorithm>

namespace paysync {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using SlotAnswer = runs::SlotClaim::Answer;

constexpr milliseconds kFirstBackoff = 1s;
constexpr milliseconds kLastBackoff = 5min;
constexpr milliseconds kSlotDatabaseRetry = 2s;
constexpr milliseconds kDeafAfterFailure = 30s;
/// How long nothing is looked at: a machine that slept, or a clock that was set, is noticed then.
constexpr milliseconds kLongestSleep = 60s;
constexpr milliseconds kWhileBusy = 5s;
/// A slot that is claimed within this time is not late: it takes a moment to start.
constexpr milliseconds kGrace = 60s;
/// A loop that is busy is late, but not so late.
constexpr milliseconds kStalled = 5min;

}  // namespace

void Scheduler::add(Entry entry) {
    auto job = std::make_unique<Job>();
    job->entry = std::move(entry);
    jobs_.push_back(std::move(job));
}

void Scheduler::wake(const std::string& name) {
    for (const auto& job : jobs_)
        if (job->entry.name == name && !job->wanted.paused && !job->entry.schedule.slots)
            job->wakeup.notify();
}

void Scheduler::obey(const std::map<std::string, runs::Control>& controls) {
    for (const auto& job : jobs_) {
        const auto wanted = controls.find(job->entry.name);
        if (wanted == controls.end())
            continue;
        const auto before = std::exchange(job->wanted, wanted->second);
        if (before.paused != job->wanted.paused)
            spdlog::info("{}: {}", job->entry.name, job->wanted.paused ? "paused" : "resumed");
        const bool resumed = before.paused && !job->wanted.paused;
        if (resumed || job->wanted.asked) {
            job->wakeup.notify();
            job->control.notify();
        }
    }
}

Task<void> Scheduler::run(std::stop_token stop) {
    TaskGroup running(loop_);
    for (const auto& job : jobs_)
        running.spawn(serve(*job, stop));
    co_await running.join();
}

Task<void> Scheduler::serve(Job& job, std::stop_token stop) {
    // What has a phase or slots waits for its first time.
    milliseconds pause = job.entry.schedule.phase ? pause_after(job) : 0ms;
    while (!stop.stop_requested()) {
        try {
            job.waits_until = clock_.now() + pause;
            co_await wait(job, pause, stop);
            job.waits_until.reset();
        } catch (const Cancelled&) {
            co_return;
        }
        pause = kSlotDatabaseRetry;
        try {
            pause = co_await turn(job, stop);
        } catch (const Cancelled&) {
            // Either the daemon stops, or a pass gave its work up because its leases were lost.
            if (stop.stop_requested())
                co_return;
        } catch (const db::Unavailable&) {
            // The pool has said so once, for all jobs.
        } catch (const std::exception& e) {
            ++job.failures;
            pause = pause_after(job);
            auto line = log::event(log::kJobFailed);
            line.job(job.entry.name);
            if (job.entry.schedule.slots)
                line.error("{}: {}; it runs again when its time comes", job.entry.name, e.what());
            else
                line.error("{}: {}; trying again in {} s", job.entry.name, e.what(),
                           std::chrono::duration_cast<std::chrono::seconds>(pause).count());
        }
    }
}

Task<void> Scheduler::wait(Job& job, milliseconds pause, std::stop_token stop) {
    // Being woken mends nothing of what failed: a wrong password must not be tried at the rate of
    // inserts.
    const auto deaf = job.failures > 0 ? std::min(pause, kDeafAfterFailure) : 0ms;
    if (deaf > 0ms)
        co_await job.control.wait(clock_, deaf, stop);
    if (pause > deaf && !job.wanted.asked)
        co_await job.wakeup.wait(clock_, pause - deaf, stop);
}

/// One pass, if there is to be one; yields how long to wait after it.
Task<milliseconds> Scheduler::turn(Job& job, std::stop_token stop) {
    std::int64_t run_id = 0;
    if (std::exchange(job.wanted.asked, false))
        run_id = co_await keeper_.claim_asked(job.entry.name);
    if (run_id == 0 && job.entry.schedule.slots)
        co_return co_await slot_turn(job, stop);
    if (run_id != 0 || !job.wanted.paused) {
        job.overlapped = true;
        co_await job.entry.pass(run_id, stop);
        job.failures = 0;
    }
    if (job.entry.schedule.slots)
        co_return 0ms;
    // A pause is taken back by a wake-up.
    co_return job.wanted.paused ? kLongestSleep : pause_after(job);
}

Task<milliseconds> Scheduler::slot_turn(Job& job, std::stop_token stop) {
    const auto& schedule = job.entry.schedule;
    const auto plan = co_await keeper_.plan(job.entry.name);
    const bool overlapped = std::exchange(job.overlapped, false);
    if (plan.paused) {
        job.awaited.reset();
        co_return kLongestSleep;
    }
    const auto now = std::chrono::floor<std::chrono::seconds>(plan.now);
    auto due = schedule.slots->latest(plan.since, now);
    if (!due && schedule.missed == schedule::Schedule::Missed::run_once)
        due = plan.lost;
    if (!due) {
        job.awaited = schedule.slots->next(std::max(plan.since, now));
        if (!job.awaited)
            co_return kLongestSleep;
        co_return std::clamp<milliseconds>(*job.awaited - plan.now, 1ms, kLongestSleep);
    }
    runs::SlotWish wish;
    wish.job = job.entry.name;
    wish.slot = *due;
    wish.missed = schedule.missed;
    wish.overlap = schedule.overlap;
    wish.overlapped = overlapped;
    wish.late = !overlapped && job.awaited != due && due != plan.lost && plan.now - *due > kGrace;
    job.awaited = due;
    const auto claim = co_await keeper_.claim(wish);
    switch (claim.answer) {
        case SlotAnswer::mine:
            job.overlapped = true;  // whatever comes until it has ended
            co_await job.entry.pass(claim.run_id, stop);
            job.failures = 0;
            break;
        case SlotAnswer::busy:
            job.overlapped = overlapped;
            co_return kWhileBusy;
        case SlotAnswer::paused:
            job.awaited.reset();
            co_return kLongestSleep;
        case SlotAnswer::skipped:
            spdlog::warn("{}: its run of {} is skipped", job.entry.name,
                         schedule.slots->local(*due));
            break;
        case SlotAnswer::taken:
            break;
    }
    co_return 0ms;
}

std::string Scheduler::stalled() const {
    for (const auto& job : jobs_)
        if (job->waits_until && clock_.now() > *job->waits_until + kStalled)
            return job->entry.name + " should have run long ago";
    return "";
}

milliseconds Scheduler::pause_after(const Job& job) {
    const auto& schedule = job.entry.schedule;
    auto pause = schedule.every;
    if (schedule.slots) {
        pause = kFirstBackoff;
    } else if (schedule.phase && job.failures == 0) {
        const auto now = clock_.wall();
        const auto next = schedule::next_in_phase(schedule.every, *schedule.phase, now);
        // Never before its moment, which would come again.
        const auto most = schedule.every.count() * schedule.jitter_percent / 100;
        const milliseconds late(std::uniform_int_distribution<std::int64_t>(0, most)(random_));
        return std::chrono::ceil<milliseconds>(next - now) + late;
    }
    if (job.failures > 0) {
        const auto doubled = kFirstBackoff * (1 << std::min(job.failures - 1, 16));
        pause = std::min(std::max(pause, doubled), std::max(pause, kLastBackoff));
    }
    const auto spread = pause.count() * schedule.jitter_percent / 100;
    return pause +
           milliseconds(std::uniform_int_distribution<std::int64_t>(-spread, spread)(random_));
}

}  // namespace paysync
