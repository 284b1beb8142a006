// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"
#include "jobs/frame/job.hpp"

#include <memory>
#include <vector>

namespace paysync {

/// All enabled jobs of a configuration. Throws config::Error for a job's own keys.
std::vector<std::unique_ptr<Job>> make_jobs(const config::Config& config);

}  // namespace paysync
