// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"
#include "jobs/frame/job.hpp"

#include <memory>
#include <vector>

namespace paysync {

/// Makes the jobs that the configuration enables. The sections of disabled
/// jobs are checked too. Throws config::Error.
std::vector<std::unique_ptr<Job>> make_jobs(const config::Config& config);

}  // namespace paysync
