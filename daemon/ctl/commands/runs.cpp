// SPDX-License-Identifier: MIT
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/rows.hpp"

#include <memory>

namespace paysync::ctl {

namespace {

struct RunsOptions {
    std::string job;
    bool trouble = false;
    Display display;
};

constexpr const char* kRuns = R"sql(
    SELECT run_id, job, cause, slot, state, date_trunc('second', started_at) AS started_at,
           date_trunc('second', finished_at) AS finished_at, passes, done, failed, daemon, reason
      FROM pay.runs
     WHERE $1 IN ('', job) AND (NOT $2::boolean OR state IN ('partial', 'error', 'skipped', 'lost'))
     ORDER BY run_id DESC LIMIT $3::integer)sql";

}  // namespace

void add_runs(Commands& commands) {
    const auto options = std::make_shared<RunsOptions>();
    auto command =
        commands.add("runs", "list the newest runs of the jobs", [options](Session& session) {
            return print_rows(session, options->display, kRuns,
                              {options->job, options->trouble ? "t" : "f",
                               std::to_string(options->display.limit)});
        });
    command.text("job", options->job, "only this job");
    command.flag("--trouble", options->trouble,
                 "only runs that failed, were skipped or lost their daemon");
    add_limit(command, options->display);
    add_watch(command, options->display);
}

}  // namespace paysync::ctl
