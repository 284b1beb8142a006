// SPDX-License-Identifier: MIT
#include "daemon/app/schedules.hpp"

#include "config/duration.hpp"
#include "daemon/base/schedule/calendar.hpp"
#include "daemon/base/schedule/cron.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace paysync {

namespace {

using namespace std::chrono_literals;
using config::Section;
using schedule::Schedule;
using schedule::Slots;

/// "onboarding.sweep" is the job "sweep" of the section "onboarding".
std::pair<std::string, std::string> parts_of(const std::string& job) {
    const auto dot = job.find('.');
    return {job.substr(0, dot), job.substr(dot + 1)};
}

Section entry_of(const config::Config& config, const Job& job) {
    const auto [section, duty] = parts_of(job.name());
    return config.job(section).section.section("schedules").section(duty);
}

void refuse(const Section& entry, std::initializer_list<const char*> keys, const char* reason) {
    for (const auto* key : keys)
        if (entry.has(key))
            entry.fail(key, reason);
}

Slots slots_of(const Section& entry, const char* key) {
    const auto text = entry.text(key);
    schedule::Calendar calendar;
    try {
        if (std::string_view(key) == "cron")
            calendar.times = schedule::parse_cron(text);
        else
            calendar = schedule::parse_calendar(text);
    } catch (const std::invalid_argument& e) {
        entry.fail(key, e.what());
    }
    const bool named = !calendar.zone.empty();
    if (named && entry.has("time_zone"))
        entry.fail("time_zone", "the calendar expression names its time zone itself");
    try {
        const Slots slots(calendar.times, named ? calendar.zone : entry.text("time_zone", "UTC"));
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        if (!slots.next(now))
            entry.fail(key, "this time never comes again");
        return slots;
    } catch (const std::invalid_argument& e) {
        entry.fail(named ? key : "time_zone", e.what());
    }
}

Schedule by_slots(const Section& entry, const char* key) {
    refuse(entry, {"jitter", "phase"}, "belongs to `every`, not to times of day");
    Schedule schedule;
    schedule.slots = slots_of(entry, key);
    schedule.missed =
        entry.choice("missed", schedule.missed,
                     {{"run_once", Schedule::Missed::run_once}, {"skip", Schedule::Missed::skip}});
    schedule.overlap =
        entry.choice("overlap", schedule.overlap,
                     {{"wait", Schedule::Overlap::wait}, {"skip", Schedule::Overlap::skip}});
    schedule.text = fmt::format("{} {}", key, entry.text(key));
    if (const auto zone = entry.maybe_text("time_zone"))
        schedule.text += " " + *zone;
    return schedule;
}

Schedule by_period(const Section& entry, std::chrono::milliseconds every, int jitter) {
    refuse(entry, {"time_zone", "missed", "overlap"}, "belongs to `cron` and `calendar`");
    Schedule schedule;
    schedule.every = entry.duration("every", every, 100ms, 24h * 7);
    schedule.jitter_percent = entry.percent("jitter", jitter, 0, 50);
    if (entry.has("phase"))
        schedule.phase = entry.duration("phase", 0ms, 0ms, schedule.every - 1ms);
    schedule.text = fmt::format("every {}", config::format_duration(schedule.every));
    if (schedule.phase)
        schedule.text += fmt::format(", phase {}", config::format_duration(*schedule.phase));
    return schedule;
}

}  // namespace

Schedule schedule_of(const config::Config& config, const Job& job) {
    const auto entry = entry_of(config, job);
    const char* given = nullptr;
    for (const auto* key : {"every", "cron", "calendar"}) {
        if (entry.has(key) && given != nullptr)
            entry.fail(key, fmt::format("`{}` is given already: a job has one schedule", given));
        if (entry.has(key))
            given = key;
    }
    const bool period = given == nullptr || std::string_view(given) == "every";
    auto schedule = period ? by_period(entry, job.every(),
                                       config.job(parts_of(job.name()).first).jitter_percent)
                           : by_slots(entry, given);
    entry.finish();
    return schedule;
}

void check_schedules(const config::Config& config, const std::vector<std::unique_ptr<Job>>& jobs) {
    for (const auto& job : jobs)
        schedule_of(config, *job);
    for (const auto& job : jobs)
        config.job(parts_of(job->name()).first).section.section("schedules").finish();
}

}  // namespace paysync
