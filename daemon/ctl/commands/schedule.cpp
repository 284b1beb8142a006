// SPDX-License-Identifier: MIT
#include "config/config.hpp"
#include "daemon/app/schedules.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/moment.hpp"
#include "daemon/ctl/session.hpp"
#include "daemon/ctl/table.hpp"
#include "jobs/registry.hpp"

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>

namespace paysync::ctl {

namespace {

using schedule::Schedule;
using std::chrono::system_clock;

struct ScheduleOptions {
    std::string job;
    int times = 1;
};

void add_slots(Table& table, const std::string& job, const Schedule& schedule, int times) {
    auto slot = schedule.slots->next(std::chrono::floor<std::chrono::seconds>(system_clock::now()));
    for (int i = 0; i < times && slot; ++i, slot = schedule.slots->next(*slot))
        table.add({job, schedule.text, schedule.slots->format_local(*slot), utc_text(*slot)});
}

void add_period(Table& table, const std::string& job, const Schedule& schedule, int times) {
    const auto varied = schedule.jitter_percent > 0
                            ? ", varied by " + std::to_string(schedule.jitter_percent) + "%"
                            : std::string();
    if (!schedule.phase) {
        table.add({job, schedule.text, "this long after each pass" + varied, "-"});
        return;
    }
    auto time = system_clock::now();
    for (int i = 0; i < times; ++i) {
        time = schedule::next_in_phase(schedule.every, *schedule.phase, time);
        table.add({job, schedule.text, utc_text(time) + " UTC" + varied, utc_text(time)});
    }
}

int print_schedule(const config::Config& config, const ScheduleOptions& options) {
    Table table({"job", "schedule", "next", "in UTC"});
    bool found = options.job.empty();
    const auto jobs = make_jobs(config);
    check_schedules(config, jobs);
    for (const auto& job : jobs) {
        if (!options.job.empty() && job->name() != options.job)
            continue;
        found = true;
        const auto schedule = schedule_of(config, *job);
        if (schedule.slots)
            add_slots(table, job->name(), schedule, options.times);
        else
            add_period(table, job->name(), schedule, options.times);
    }
    if (!found)
        throw std::runtime_error("there is no job " + options.job + ", or it is not enabled");
    std::cout << table.text();
    return EXIT_SUCCESS;
}

}  // namespace

void add_schedule(Commands& commands) {
    const auto options = std::make_shared<ScheduleOptions>();
    auto command = commands.add(
        "schedule", "show when each job runs next",
        [options](Session& session) { return print_schedule(session.config(), *options); });
    command.text("job", options->job, "only this job");
    command.number("-n,--times", options->times, "how many times of each job")
        .show_default()
        .between(1, 1000);
}

}  // namespace paysync::ctl
