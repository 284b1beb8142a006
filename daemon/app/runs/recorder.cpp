// SPDX-License-Identifier: MIT
#include "daemon/app/runs/recorder.hpp"

#include "daemon/app/runs/run_store.hpp"
#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/pool.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "jobs/frame/report.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace paysync::runs {

namespace {

using namespace std::chrono_literals;
using State = Outcome::State;

constexpr auto kRound = 10s;
constexpr auto kRetry = 2s;
constexpr auto kHeartbeat = 60s;
constexpr auto kDeletion = 1h;
constexpr std::size_t kMaxReasonBytes = 500;

double in_seconds(std::chrono::steady_clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

/// Cuts a text to kMaxReasonBytes, between two characters of UTF-8.
std::string shortened(std::string text) {
    if (text.size() <= kMaxReasonBytes)
        return text;
    std::size_t end = kMaxReasonBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
        --end;
    return text.substr(0, end);
}

/// How a pass ended. Nothing when the database was lost: the pool logs that, and it could not be
/// written anyway.
std::optional<Outcome> outcome_of(const std::exception_ptr& error, const Report& report,
                                  bool stopping) {
    Outcome outcome{report.failures() > 0 ? State::partial : State::ok, report.done(),
                    report.failures(), report.reason()};
    if (error) {
        try {
            std::rethrow_exception(error);
        } catch (const Cancelled&) {
            outcome.state = State::partial;
            outcome.reason = stopping ? "the daemon was stopped" : "its leases were lost";
        } catch (const db::Unavailable&) {
            return std::nullopt;
        } catch (const std::exception& e) {
            outcome.state = State::error;
            outcome.reason = e.what();
        }
    }
    outcome.reason = shortened(std::move(outcome.reason));
    return outcome;
}

}  // namespace

Recorder::Recorder(Loop& loop, Clock& clock, db::Pool& db, Options options)
    : loop_(loop), clock_(clock), db_(db), options_(std::move(options)) {}

DaemonLease Recorder::lease() const {
    return {options_.daemon, std::chrono::duration<double>(options_.lease).count()};
}

Task<void> Recorder::begin(std::stop_token stop) {
    for (;;) {
        try {
            co_await db_.run(store::register_jobs, options_.jobs);
            co_await do_round();
            co_return;
        } catch (const db::Unavailable&) {
            // The pool logs it.
        }
        co_await clock_.sleep(kRetry, stop);
    }
}

Task<void> Recorder::run(std::stop_token stop) {
    for (;;) {
        try {
            co_await wakeup_.wait(clock_, kRound, stop);
        } catch (const Cancelled&) {
            co_return;
        }
        try {
            co_await do_round();
        } catch (const db::Unavailable&) {
            // The pool logs it.
        } catch (const std::exception& e) {
            spdlog::error("runs: not recorded: {}; the jobs continue", e.what());
        }
    }
}

Task<void> Recorder::end() {
    try {
        co_await write_summaries(true);
        co_await db_.run(store::unregister_daemon, options_.daemon);
    } catch (const std::exception& e) {
        spdlog::debug("runs: the last ones were not recorded: {}", e.what());
    }
}

Task<void> Recorder::do_round() {
    const auto controls = co_await db_.run(store::read_controls);
    options_.on_controls(controls);
    co_await write_summaries(false);
    const auto now = clock_.now();
    if (last_heartbeat_ == Time{} || now - last_heartbeat_ >= kHeartbeat) {
        auto alive = lease();
        alive.seconds = in_seconds(kHeartbeat * 5 / 2);
        const std::vector<std::string> with_pass(jobs_with_pass_.begin(), jobs_with_pass_.end());
        const int daemons = co_await db_.run(store::heartbeat, alive, options_.version, with_pass);
        if (options_.on_daemons)
            options_.on_daemons(daemons);
        last_heartbeat_ = now;
        jobs_with_pass_.clear();
    }
    if (last_deletion_ == Time{} || now - last_deletion_ >= kDeletion) {
        const double keep = std::chrono::duration<double>(options_.keep_runs).count();
        const int deleted = co_await db_.run(store::delete_old_runs, keep);
        last_deletion_ = now;
        if (deleted > 0)
            spdlog::debug("runs: {} old ones deleted", deleted);
    }
}

Task<void> Recorder::write_summaries(bool all) {
    co_await finish_pending_runs();
    const auto now = clock_.now();
    std::map<std::string, Passes> taken;
    std::vector<PassSummary> summaries;
    for (const auto& [job, passes] : unwritten_)
        if (all || passes.outcome.state != State::ok ||
            now - passes.began >= options_.summary_period) {
            summaries.push_back({job, in_seconds(now - passes.began),
                                 in_seconds(now - passes.ended), passes.count, passes.outcome});
            taken.emplace(job, passes);
        }
    if (taken.empty())
        co_return;
    for (const auto& [job, passes] : taken)
        unwritten_.erase(job);
    std::exception_ptr error;
    try {
        co_await db_.run(store::add_summaries, summaries, options_.daemon);
        co_return;
    } catch (...) {
        error = std::current_exception();
    }
    for (const auto& [job, passes] : taken)
        unwritten_[job].add(passes);
    std::rethrow_exception(error);
}

Task<void> Recorder::finish_pending_runs() {
    auto pending = std::exchange(unfinished_runs_, {});
    for (auto& [run_id, outcome] : pending)
        co_await finish_run(run_id, outcome);
}

void Recorder::Passes::add(const Passes& other) {
    began = count == 0 ? other.began : std::min(began, other.began);
    ended = std::max(ended, other.ended);
    count += other.count;
    outcome.state = std::max(outcome.state, other.outcome.state);
    outcome.done += other.outcome.done;
    outcome.failed += other.outcome.failed;
    if (!other.outcome.reason.empty())
        outcome.reason = other.outcome.reason;
}

void Recorder::add_to_summary(const std::string& job, Time began, const Outcome& outcome) {
    if (outcome.state == State::ok && outcome.done == 0)
        return;
    const Passes pass{began, clock_.now(), 1, outcome};
    unwritten_[job].add(pass);
}

Task<void> Recorder::record_pass(std::string job, std::int64_t run_id, const Report* report,
                                 Task<void> work, std::stop_token stop) {
    const auto began = clock_.now();
    std::stop_source finished;
    TaskGroup beside(loop_);
    beside.spawn(hold_run(job, &run_id, finished.get_token()));
    std::exception_ptr error;
    try {
        co_await work;
    } catch (...) {
        error = std::current_exception();
    }
    finished.request_stop();
    co_await beside.join();
    auto outcome = outcome_of(error, *report, stop.stop_requested());
    if (outcome && outcome->state != State::error)
        jobs_with_pass_.insert(job);
    if (outcome && options_.on_pass)
        options_.on_pass(job, *outcome, in_seconds(clock_.now() - began));
    if (run_id == 0 && outcome)
        add_to_summary(job, began, *outcome);
    if (run_id != 0) {
        if (!outcome)
            outcome = Outcome{State::error, report->done(), report->failures(),
                              "the database did not answer"};
        co_await finish_run(run_id, *outcome);
    }
    if (error)
        std::rethrow_exception(error);
}

Task<void> Recorder::finish_run(std::int64_t run_id, Outcome outcome) {
    try {
        co_await db_.run(store::finish_run, run_id, outcome);
        co_return;
    } catch (const std::exception& e) {
        spdlog::debug("runs: run {}: its end is recorded later: {}", run_id, e.what());
    }
    unfinished_runs_.emplace_back(run_id, std::move(outcome));
}

Task<void> Recorder::hold_run(std::string job, std::int64_t* run_id, std::stop_token finished) {
    const auto began = clock_.now();
    const auto daemon = lease();
    try {
        if (*run_id == 0)
            co_await clock_.sleep(options_.long_pass_after, finished);
        for (;;) {
            try {
                if (*run_id == 0) {
                    const auto lasted = in_seconds(clock_.now() - began);
                    *run_id = co_await db_.run(store::open_run, job, lasted, daemon);
                } else {
                    co_await db_.run(store::renew_run, *run_id, daemon);
                }
            } catch (const std::exception& e) {
                // The next renewal may still be in time.
                spdlog::debug("runs: {}: not renewed: {}", job, e.what());
            }
            co_await clock_.sleep(options_.renew, finished);
        }
    } catch (const Cancelled&) {
    }
}

Task<SlotPlan> Recorder::plan_slot(std::string job) {
    co_return co_await db_.run(store::plan_slot, job);
}

Task<SlotClaim> Recorder::claim_slot(SlotRequest request) {
    const auto daemon = lease();
    co_return co_await db_.run(store::claim_slot, request, daemon);
}

Task<std::int64_t> Recorder::claim_requested_run(std::string job) {
    const auto daemon = lease();
    co_return co_await db_.run(store::claim_requested_run, job, daemon);
}

}  // namespace paysync::runs
