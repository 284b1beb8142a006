// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"
#include "daemon/base/schedule/schedule.hpp"
#include "jobs/frame/job.hpp"

#include <memory>
#include <vector>

namespace paysync {

/// When a job runs: as its entry in `jobs.SECTION.schedules` says (`every`, `cron` or `calendar`),
/// or else with its own period and the jitter of its section. Throws config::Error.
schedule::Schedule schedule_of(const config::Config& config, const Job& job);

/// Reads the schedules of all jobs and refuses an entry for a job that does not exist. Throws
/// config::Error.
void check_schedules(const config::Config& config, const std::vector<std::unique_ptr<Job>>& jobs);

}  // namespace paysync
