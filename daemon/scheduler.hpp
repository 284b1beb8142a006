// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/loop/clock.hpp"
#include "daemon/loop/loop.hpp"
#include "daemon/loop/wakeup.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

namespace paysync {

/// Runs passes of jobs, each on its own period. A pass never overlaps itself; the next one starts a
/// period after the last one ended, give or take the jitter, at once after run_now(), and later and
/// later while it fails.
class Scheduler {
public:
    struct Entry {
        std::string name;
        std::chrono::milliseconds every;
        int jitter_percent = 0;  ///< 0 to 50: each wait is longer or shorter by up to this share
        std::function<Task<void>(std::stop_token)> pass;
    };

    Scheduler(Loop& loop, Clock& clock) : loop_(loop), clock_(clock) {}

    void add(Entry entry);

    /// Lets the named entry run as soon as its current pass, if any, has ended; several calls until
    /// then count as one. False when there is no such entry.
    bool run_now(const std::string& name);

    /// Runs all entries until `stop`; returns when the last pass has ended. First passes start at
    /// once.
    Task<void> run(std::stop_token stop);

private:
    struct Job {
        Entry entry;
        Wakeup wakeup;
        int failures = 0;
    };
    Task<void> serve(Job& job, std::stop_token stop);
    std::chrono::milliseconds pause_after(const Job& job);

    Loop& loop_;
    Clock& clock_;
    std::vector<std::unique_ptr<Job>> jobs_;
    std::mt19937_64 random_{std::random_device()()};
};

}  // namespace paysync
