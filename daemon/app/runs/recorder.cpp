// SPDX-License-Identifier: MIT
#include "daemon/app/runs/recorder.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/task_group.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace paysync::runs {

namespace {

using namespace std::chrono_literals;
using State = Outcome::State;

constexpr auto kLook = 10s;
constexpr auto kRetry = 2s;
constexpr auto kBeat = 60s;
constexpr auto kPrune = 1h;
constexpr std::size_t kLongestReason = 500;

double seconds(std::chrono::steady_clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

/// At most so much, and no part of a character.
std::string shortened(std::string text) {
    if (text.size() <= kLongestReason)
        return text;
    std::size_t end = kLongestReason;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
        --end;
    return text.substr(0, end);
}

/// How a pass ended; nothing when the database was lost: that is said elsewhere, and nobody could
/// write it down.
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

store::Runner Recorder::runner() const {
    return {options_.daemon, std::chrono::duration<double>(options_.lease).count()};
}

Task<void> Recorder::begin(std::stop_token stop) {
    for (;;) {
        try {
            co_await db_.run(store::know_jobs, options_.jobs);
            co_await look_after();
            co_return;
        } catch (const db::Unavailable&) {
            // Said by the pool.
        }
        co_await clock_.sleep(kRetry, stop);
    }
}

Task<void> Recorder::run(std::stop_token stop) {
    for (;;) {
        try {
            co_await wakeup_.wait(clock_, kLook, stop);
        } catch (const Cancelled&) {
            co_return;
        }
        try {
            co_await look_after();
        } catch (const db::Unavailable&) {
            // Said by the pool.
        } catch (const std::exception& e) {
            spdlog::error("runs: {}", e.what());
        }
    }
}

Task<void> Recorder::end() {
    try {
        co_await write_down(true);
        co_await db_.run(store::leave, options_.daemon);
    } catch (const std::exception& e) {
        spdlog::debug("runs: the last ones could not be written: {}", e.what());
    }
}

Task<void> Recorder::look_after() {
    const auto controls = co_await db_.run(store::controls);
    options_.on_controls(controls);
    co_await write_down(false);
    const auto now = clock_.now();
    if (beaten_ == Time{} || now - beaten_ >= kBeat) {
        auto alive = runner();
        alive.lease_seconds = seconds(kBeat * 5 / 2);
        const std::vector<std::string> passed(passed_.begin(), passed_.end());
        const int daemons = co_await db_.run(store::beat, alive, options_.version, passed);
        if (options_.on_daemons)
            options_.on_daemons(daemons);
        beaten_ = now;
        passed_.clear();
    }
    if (pruned_ == Time{} || now - pruned_ >= kPrune) {
        const double keep = std::chrono::duration<double>(options_.keep).count();
        const int deleted = co_await db_.run(store::prune, keep);
        pruned_ = now;
        if (deleted > 0)
            spdlog::debug("runs: {} old ones are deleted", deleted);
    }
}

Task<void> Recorder::write_down(bool all) {
    co_await finish_late();
    const auto now = clock_.now();
    std::map<std::string, Passes> taken;
    std::vector<Summary> summaries;
    for (const auto& [job, passes] : passes_)
        if (all || passes.outcome.state != State::ok || now - passes.began >= options_.gather) {
            summaries.push_back({job, seconds(now - passes.began), seconds(now - passes.ended),
                                 passes.count, passes.outcome});
            taken.emplace(job, passes);
        }
    if (taken.empty())
        co_return;
    for (const auto& [job, passes] : taken)
        passes_.erase(job);
    std::exception_ptr error;
    try {
        co_await db_.run(store::add, summaries, options_.daemon);
        co_return;
    } catch (...) {
        error = std::current_exception();
    }
    for (const auto& [job, passes] : taken)
        passes_[job].join(passes);
    std::rethrow_exception(error);
}

/// Runs whose end could not be written when they ended.
Task<void> Recorder::finish_late() {
    auto late = std::exchange(unfinished_, {});
    for (auto& [run_id, outcome] : late)
        co_await close(run_id, outcome);
}

void Recorder::Passes::join(const Passes& other) {
    began = count == 0 ? other.began : std::min(began, other.began);
    ended = std::max(ended, other.ended);
    count += other.count;
    outcome.state = std::max(outcome.state, other.outcome.state);
    outcome.done += other.outcome.done;
    outcome.failed += other.outcome.failed;
    if (!other.outcome.reason.empty())
        outcome.reason = other.outcome.reason;
}

void Recorder::sum_up(const std::string& job, Time began, const Outcome& outcome) {
    if (outcome.state == State::ok && outcome.done == 0)
        return;
    const Passes pass{began, clock_.now(), 1, outcome};
    passes_[job].join(pass);
}

Task<void> Recorder::pass(std::string job, std::int64_t run_id, const Report* report,
                          Task<void> work, std::stop_token stop) {
    const auto began = clock_.now();
    std::stop_source finished;
    TaskGroup beside(loop_);
    beside.spawn(keep_alive(job, &run_id, finished.get_token()));
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
        passed_.insert(job);
    if (outcome && options_.on_pass)
        options_.on_pass(job, *outcome, seconds(clock_.now() - began));
    if (run_id == 0 && outcome)
        sum_up(job, began, *outcome);
    if (run_id != 0) {
        if (!outcome)
            outcome = Outcome{State::error, report->done(), report->failures(),
                              "the database did not answer"};
        co_await close(run_id, *outcome);
    }
    if (error)
        std::rethrow_exception(error);
}

Task<void> Recorder::close(std::int64_t run_id, Outcome outcome) {
    try {
        co_await db_.run(store::finish, run_id, outcome);
        co_return;
    } catch (const std::exception& e) {
        spdlog::debug("runs: the end of {} is written later: {}", run_id, e.what());
    }
    unfinished_.emplace_back(run_id, std::move(outcome));
}

Task<void> Recorder::keep_alive(std::string job, std::int64_t* run_id, std::stop_token finished) {
    const auto began = clock_.now();
    const auto me = runner();
    try {
        if (*run_id == 0)
            co_await clock_.sleep(options_.long_pass, finished);
        for (;;) {
            try {
                if (*run_id == 0) {
                    const auto lasted = seconds(clock_.now() - began);
                    *run_id = co_await db_.run(store::open, job, lasted, me);
                } else {
                    co_await db_.run(store::keep_alive, *run_id, me);
                }
            } catch (const std::exception& e) {
                // What matters is the next one.
                spdlog::debug("runs: a sign of life of {} is not written: {}", job, e.what());
            }
            co_await clock_.sleep(options_.renew, finished);
        }
    } catch (const Cancelled&) {
    }
}

Task<SlotPlan> Recorder::plan(std::string job) {
    co_return co_await db_.run(store::plan, job);
}

Task<SlotClaim> Recorder::claim(SlotWish wish) {
    const auto me = runner();
    co_return co_await db_.run(store::claim_slot, wish, me);
}

Task<std::int64_t> Recorder::claim_asked(std::string job) {
    const auto me = runner();
    co_return co_await db_.run(store::claim_asked, job, me);
}

}  // namespace paysync::runs
