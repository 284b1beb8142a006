// SPDX-License-Identifier: MIT
#include "daemon/ctl/live.hpp"

#include "daemon/base/bus/client.hpp"
#include "daemon/base/bus/names.hpp"
#include "daemon/ctl/table.hpp"

#include <date/date.h>
#include <fmt/format.h>
#include <sysexits.h>

#include <chrono>
#include <iostream>

namespace paysync::cli {

namespace {

std::string moment(std::uint64_t microseconds) {
    if (microseconds == 0)
        return "-";
    const std::chrono::sys_time<std::chrono::microseconds> time{
        std::chrono::microseconds(static_cast<std::int64_t>(microseconds))};
    return date::format("%F %T", std::chrono::floor<std::chrono::seconds>(time));
}

}  // namespace

void reload(const std::string& name) {
    bus::Client(name).reload();
    std::cout << "the new configuration is at work\n";
}

void show_live(const std::string& name) {
    bus::Client daemon(name);
    std::cout << "paysyncd " << daemon.version() << ": " << daemon.status() << "\n\n";
    Table table({"job", "schedule", "now", "last outcome", "last ended (UTC)"});
    for (const auto& job : daemon.jobs())
        table.add({job.name, job.schedule,
                   job.running  ? "runs"
                   : job.paused ? "paused"
                                : "waits",
                   job.last_outcome, moment(job.last_ended)});
    std::cout << table.text();
}

void show_budget(const std::string& name) {
    const auto budget = bus::Client(name).budget();
    Table table({"calls per second", "under way", "of at most", "waiting"});
    table.add({fmt::format("{:.1f}", budget.rate), std::to_string(budget.in_flight),
               std::to_string(budget.in_flight_limit), std::to_string(budget.waiting)});
    std::cout << table.text();
}

void log_level(const std::string& name, const std::string& level) {
    bus::Client daemon(name);
    if (!level.empty())
        daemon.set_log_level(level);
    std::cout << daemon.log_level() << '\n';
}

int exit_code(const bus::Error& error) {
    if (error.name() == bus::kInvalidConfiguration)
        return EX_CONFIG;
    if (error.name() == "org.freedesktop.DBus.Error.AccessDenied" ||
        error.name() == "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired")
        return EX_NOPERM;
    if (error.name() == "org.freedesktop.DBus.Error.Failed")
        return EXIT_FAILURE;
    return EX_UNAVAILABLE;
}

}  // namespace paysync::cli
