// SPDX-License-Identifier: MIT
#include "config/config.hpp"
#include "daemon/base/bus/client.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/moment.hpp"
#include "daemon/ctl/session.hpp"
#include "daemon/ctl/table.hpp"

#include <chrono>
#include <cstdlib>
#include <iostream>

namespace paysync::ctl {

namespace {

std::string last_end_of(const bus::JobState& job) {
    if (job.last_ended == 0)
        return "-";
    const std::chrono::microseconds since_1970(static_cast<std::int64_t>(job.last_ended));
    return utc_text(std::chrono::sys_time<std::chrono::microseconds>(since_1970));
}

std::string activity_of(const bus::JobState& job) {
    return job.running ? "runs" : job.paused ? "paused" : "waits";
}

int print_daemon(Session& session) {
    bus::Client daemon(session.config().bus.name);
    std::cout << "paysyncd " << daemon.version() << ": " << daemon.status() << "\n\n";
    Table table({"job", "schedule", "now", "last outcome", "last ended (UTC)"});
    for (const auto& job : daemon.jobs())
        table.add({job.name, job.schedule, activity_of(job), job.last_outcome, last_end_of(job)});
    std::cout << table.text();
    return EXIT_SUCCESS;
}

}  // namespace

void add_live(Commands& commands) {
    commands.add("live", "show the daemon on this host and its jobs", print_daemon);
}

}  // namespace paysync::ctl
