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
using ClaimResult = runs::SlotClaim::Result;

constexpr milliseconds kFirstBackoff = 1s;
constexpr milliseconds kLastBackoff = 5min;
constexpr milliseconds kSlotDatabaseRetry = 2s;
constexpr milliseconds kNoWakeUpAfterFailure = 30s;
/// The longest wait for a slot: so the end of a machine's sleep, or a clock that was set, is
/// noticed.
constexpr milliseconds kLongestSleep = 60s;
constexpr milliseconds kBusySlotRetry = 5s;
/// A slot that is claimed within this time is not late: starting takes a moment.
constexpr milliseconds kSlotGrace = 60s;
/// A busy loop ends a wait late, but not by this much.
constexpr milliseconds kStalledAfter = 5min;

}  // namespace

void Scheduler::add(Entry entry) {
    auto job = std::make_unique<Job>();
    job->entry = std::move(entry);
    jobs_.push_back(std::move(job));
}

void Scheduler::wake(const std::string& name) {
    for (const auto& job : jobs_)
        if (job->entry.name == name && !job->control.paused && !job->entry.schedule.slots)
            job->wakeup.notify();
}

void Scheduler::apply_controls(const std::map<std::string, runs::JobControl>& controls) {
    for (const auto& job : jobs_) {
        const auto wanted = controls.find(job->entry.name);
        if (wanted == controls.end())
            continue;
        const auto before = std::exchange(job->control, wanted->second);
        if (before.paused != job->control.paused)
            spdlog::info("{}: {}", job->entry.name, job->control.paused ? "paused" : "resumed");
        const bool resumed = before.paused && !job->control.paused;
        if (resumed || job->control.run_requested) {
            job->wakeup.notify();
            job->control_changed.notify();
        }
    }
}

Task<void> Scheduler::run(std::stop_token stop) {
    TaskGroup running(loop_);
    for (const auto& job : jobs_)
        running.spawn(run_job(*job, stop));
    co_await running.join();
}

Task<void> Scheduler::run_job(Job& job, std::stop_token stop) {
    // A phase has a first time to wait for; slots are looked up in run_slot_turn().
    milliseconds pause = job.entry.schedule.phase ? pause_after(job) : 0ms;
    while (!stop.stop_requested()) {
        try {
            job.wait_ends_at = clock_.now() + pause;
            co_await wait(job, pause, stop);
            job.wait_ends_at.reset();
        } catch (const Cancelled&) {
            co_return;
        }
        pause = kSlotDatabaseRetry;
        try {
            pause = co_await run_turn(job, stop);
        } catch (const Cancelled&) {
            // The daemon stops, or the pass gave up because its leases were lost.
            if (stop.stop_requested())
                co_return;
        } catch (const db::Unavailable&) {
            // The pool logs it, once for all jobs.
        } catch (const std::exception& e) {
            ++job.failures;
            pause = pause_after(job);
            auto line = log::event(log::kJobFailed);
            line.job(job.entry.name);
            if (job.entry.schedule.slots)
                line.error("{}: failed: {}; it runs again at its next time", job.entry.name,
                           e.what());
            else
                line.error("{}: failed: {}; retrying in {} s", job.entry.name, e.what(),
                           std::chrono::duration_cast<std::chrono::seconds>(pause).count());
        }
    }
}

Task<void> Scheduler::wait(Job& job, milliseconds pause, std::stop_token stop) {
    // Wake-ups must not shorten the pause after a failure: with a wrong password, each insert would
    // cause another attempt.
    const auto asleep = job.failures > 0 ? std::min(pause, kNoWakeUpAfterFailure) : 0ms;
    if (asleep > 0ms)
        co_await job.control_changed.wait(clock_, asleep, stop);
    if (pause > asleep && !job.control.run_requested)
        co_await job.wakeup.wait(clock_, pause - asleep, stop);
}

// Runs one pass if it is time for one. Yields how long to wait before the next turn.
Task<milliseconds> Scheduler::run_turn(Job& job, std::stop_token stop) {
    std::int64_t run_id = 0;
    if (std::exchange(job.control.run_requested, false))
        run_id = co_await slots_.claim_requested_run(job.entry.name);
    if (run_id == 0 && job.entry.schedule.slots)
        co_return co_await run_slot_turn(job, stop);
    if (run_id != 0 || !job.control.paused) {
        job.had_pass = true;
        co_await job.entry.pass(run_id, stop);
        job.failures = 0;
    }
    if (job.entry.schedule.slots)
        co_return 0ms;
    // When the job is resumed, a wake-up ends this wait.
    co_return job.control.paused ? kLongestSleep : pause_after(job);
}

Task<milliseconds> Scheduler::run_slot_turn(Job& job, std::stop_token stop) {
    const auto& schedule = job.entry.schedule;
    const auto plan = co_await slots_.plan_slot(job.entry.name);
    const bool had_pass = std::exchange(job.had_pass, false);
    if (plan.paused) {
        job.expected_slot.reset();
        co_return kLongestSleep;
    }
    const auto now = std::chrono::floor<std::chrono::seconds>(plan.now);
    auto due = schedule.slots->latest(plan.settled_until, now);
    if (!due && schedule.missed == schedule::Schedule::Missed::run_once)
        due = plan.lost_slot;
    if (!due) {
        job.expected_slot = schedule.slots->next(std::max(plan.settled_until, now));
        if (!job.expected_slot)
            co_return kLongestSleep;
        co_return std::clamp<milliseconds>(*job.expected_slot - plan.now, 1ms, kLongestSleep);
    }
    runs::SlotRequest request;
    request.job = job.entry.name;
    request.slot = *due;
    request.missed = schedule.missed;
    request.overlap = schedule.overlap;
    request.overlapped = had_pass;
    request.late = !had_pass && job.expected_slot != due && due != plan.lost_slot &&
                   plan.now - *due > kSlotGrace;
    job.expected_slot = due;
    const auto claim = co_await slots_.claim_slot(request);
    switch (claim.result) {
        case ClaimResult::claimed:
            job.had_pass = true;  // slots that come until it has ended overlap it
            co_await job.entry.pass(claim.run_id, stop);
            job.failures = 0;
            break;
        case ClaimResult::busy:
            job.had_pass = had_pass;
            co_return kBusySlotRetry;
        case ClaimResult::paused:
            job.expected_slot.reset();
            co_return kLongestSleep;
        case ClaimResult::skipped:
            spdlog::warn("{}: run of {} skipped; see 'paysyncctl runs' for the reason",
                         job.entry.name, schedule.slots->format_local(*due));
            break;
        case ClaimResult::taken:
            break;
    }
    co_return 0ms;
}

std::string Scheduler::stalled() const {
    for (const auto& job : jobs_)
        if (job->wait_ends_at && clock_.now() > *job->wait_ends_at + kStalledAfter)
            return job->entry.name + " is overdue";
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
        // Only ever later: a pass before its time would be followed by another one at its time.
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
