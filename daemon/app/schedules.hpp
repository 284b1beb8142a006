// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"
#include "daemon/base/schedule/schedule.hpp"
#include "jobs/frame/job.hpp"

#include <memory>
#include <vector>

namespace paysync {

/// When a job runs: its entry in `jobs.SECTION.schedules`, or its own period with the jitter of its
/// section. Throws config::Error.
schedule::Schedule schedule_of(const config::Config& config, const Job& job);

/// Reads the schedules of all jobs, and refuses one for a job that is not there. Throws
/// config::Error.
void check_schedules(const config::Config& config, const std::vector<std::unique_ptr<Job>>& jobs);

}  // namespace paysync
