// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"
#include "daemon/ctl/rows.hpp"

#include <string>

/// Jobs and their runs. All print to standard output and throw std::exception with what an operator
/// can act on.
namespace paysync::cli {

/// When every job, or the one that is named, runs next, by this configuration and the clock of this
/// machine; `times` moments of each. Needs no database.
void print_schedule(const config::Config& config, const std::string& job, int times);

/// The jobs that daemons have registered, with who paused them and when.
void list_jobs(const std::string& conninfo, Format format);

/// The newest runs, of one job or of all when it is empty; `trouble` leaves out those that went
/// well.
void list_runs(const std::string& conninfo, const std::string& job, bool trouble, int limit,
               Format format);

/// These hold for all daemons of the database.
void pause_job(const std::string& conninfo, const std::string& job, const std::string& reason);
void resume_job(const std::string& conninfo, const std::string& job);
void run_job(const std::string& conninfo, const std::string& job);

}  // namespace paysync::cli
