// SPDX-License-Identifier: MIT
#include "daemon/ctl/jobs.hpp"

#include "daemon/app/schedules.hpp"
#include "daemon/base/db/connection.hpp"
#include "daemon/ctl/rows.hpp"
#include "daemon/ctl/table.hpp"
#include "jobs/registry.hpp"

#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <vector>

namespace paysync::cli {

namespace {

using schedule::Schedule;
using schedule::Slots;
using std::chrono::system_clock;

std::string in_utc(system_clock::time_point time) {
    return date::format("%F %T", std::chrono::floor<std::chrono::seconds>(time));
}

void add_slots(Table& table, const std::string& job, const Schedule& schedule, int times) {
    auto slot = schedule.slots->next(std::chrono::floor<std::chrono::seconds>(system_clock::now()));
    for (int i = 0; i < times && slot; ++i, slot = schedule.slots->next(*slot))
        table.add({job, schedule.words, schedule.slots->local(*slot), in_utc(*slot)});
}

void add_period(Table& table, const std::string& job, const Schedule& schedule, int times) {
    const auto varied = schedule.jitter_percent > 0
                            ? fmt::format(", varied by {}%", schedule.jitter_percent)
                            : std::string();
    if (!schedule.phase) {
        table.add({job, schedule.words, "this long after each pass" + varied, "-"});
        return;
    }
    auto time = system_clock::now();
    for (int i = 0; i < times; ++i) {
        time = schedule::next_in_phase(schedule.every, *schedule.phase, time);
        table.add({job, schedule.words, in_utc(time) + " UTC" + varied, in_utc(time)});
    }
}

/// One statement about one job.
std::string ask(const std::string& conninfo, const std::string& sql, const std::string& job) {
    std::string answer;
    db::Connection(conninfo).run(
        [&](pqxx::work& tx) { answer = tx.exec_params1(sql, job)[0].as<std::string>(); });
    return answer;
}

}  // namespace

void print_schedule(const config::Config& config, const std::string& job, int times) {
    Table table({"job", "schedule", "next", "in UTC"});
    bool found = job.empty();
    const auto jobs = make_jobs(config);
    check_schedules(config, jobs);
    for (const auto& one : jobs) {
        if (!job.empty() && one->name() != job)
            continue;
        found = true;
        const auto schedule = schedule_of(config, *one);
        if (schedule.slots)
            add_slots(table, one->name(), schedule, times);
        else
            add_period(table, one->name(), schedule, times);
    }
    if (!found)
        throw std::runtime_error("there is no job " + job + ", or it is not enabled");
    std::cout << table.text();
}

void list_jobs(const std::string& conninfo, Format format) {
    print_rows(conninfo, R"sql(
        SELECT job, schedule, state, date_trunc('second', last_pass_at) AS last_pass_at, last_slot,
               date_trunc('second', paused_at) AS paused_at, paused_by, pause_reason
          FROM pay.jobs ORDER BY job LIMIT $1::integer)sql",
               "1000", format);
}

void list_runs(const std::string& conninfo, const std::string& job, bool trouble, int limit,
               Format format) {
    const std::vector<std::string> parameters{job, trouble ? "t" : "f", std::to_string(limit)};
    print_rows(conninfo, R"sql(
        SELECT run_id, job, cause, slot, state, date_trunc('second', started_at) AS started_at,
               date_trunc('second', finished_at) AS finished_at, passes, done, failed, daemon, reason
          FROM pay.runs
         WHERE $1 IN ('', job) AND (NOT $2::boolean OR state IN ('partial', 'error', 'skipped', 'lost'))
         ORDER BY run_id DESC LIMIT $3::integer)sql",
               parameters, format);
}

void pause_job(const std::string& conninfo, const std::string& job, const std::string& reason) {
    bool paused = false;
    db::Connection(conninfo).run([&](pqxx::work& tx) {
        paused = tx.exec_params1("SELECT pay_private.pause_job($1, nullif($2, ''))", job, reason)[0]
                     .as<bool>();
    });
    std::cout << job
              << (paused ? ": paused; a pass that runs goes on to its end\n"
                         : ": was paused already\n");
}

void resume_job(const std::string& conninfo, const std::string& job) {
    const bool resumed = ask(conninfo, "SELECT pay_private.resume_job($1)", job) == "t";
    std::cout << job << (resumed ? ": resumed\n" : ": was not paused\n");
}

void run_job(const std::string& conninfo, const std::string& job) {
    const auto run_id = ask(conninfo, "SELECT pay_private.run_job($1)", job);
    std::cout << job << ": run " << run_id << " is queued; see 'paysyncctl runs'\n";
}

}  // namespace paysync::cli
