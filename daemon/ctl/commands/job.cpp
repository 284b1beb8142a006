// SPDX-License-Identifier: MIT
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/rows.hpp"

#include <cstdlib>
#include <iostream>
#include <memory>

/// `job list`, `job pause`, `job resume` and `job run`: requests to all daemons of the database,
/// which read them from it.
namespace paysync::ctl {

namespace {

struct JobOptions {
    std::string job;
    std::string reason;
};

constexpr const char* kJobs = R"sql(
    SELECT job, schedule, state, date_trunc('second', last_pass_at) AS last_pass_at, last_slot,
           date_trunc('second', paused_at) AS paused_at, paused_by, pause_reason
      FROM pay.jobs ORDER BY job LIMIT 1000)sql";

int pause_job(Session& session, const JobOptions& options) {
    const bool paused = is_true(session, "SELECT pay_private.pause_job($1, nullif($2, ''))",
                                {options.job, options.reason});
    std::cout << options.job
              << (paused ? ": paused; a pass that is running is completed\n"
                         : ": was already paused\n");
    return EXIT_SUCCESS;
}

int resume_job(Session& session, const JobOptions& options) {
    const bool resumed = is_true(session, "SELECT pay_private.resume_job($1)", {options.job});
    std::cout << options.job << (resumed ? ": resumed\n" : ": was not paused\n");
    return EXIT_SUCCESS;
}

int run_job(Session& session, const JobOptions& options) {
    const auto run_id = value_of(session, "SELECT pay_private.run_job($1)", {options.job});
    std::cout << options.job << ": run " << run_id << " is queued; see 'paysyncctl runs'\n";
    return EXIT_SUCCESS;
}

}  // namespace

void add_job(Commands& commands) {
    auto group = commands.group("job", "pause, resume and run jobs, in all daemons");
    const auto options = std::make_shared<JobOptions>();
    const auto display = std::make_shared<Display>();

    auto list = group.add("list", "list the jobs", [display](Session& session) {
        return print_rows(session, *display, kJobs);
    });
    add_watch(list, *display);

    auto pause = group.add("pause", "start no pass of a job until it is resumed",
                           [options](Session& session) { return pause_job(session, *options); });
    pause.text("job", options->job, "name of the job, such as onboarding.sweep").required();
    pause.text("--reason", options->reason, "why; shown by 'job list'");

    auto resume = group.add("resume", "end the pause of a job",
                            [options](Session& session) { return resume_job(session, *options); });
    resume.text("job", options->job, "name of the job").required();

    auto run = group.add("run", "run a job once, now, even while it is paused",
                         [options](Session& session) { return run_job(session, *options); });
    run.text("job", options->job, "name of the job").required();
}

}  // namespace paysync::ctl
