// SPDX-License-Identifier: MIT
#include "daemon/app/bus_control.hpp"

#include "daemon/base/bus/names.hpp"
#include "daemon/base/db/errors.hpp"
#include "daemon/base/log/log.hpp"
#include "daemon/base/version/version.hpp"

#include <spdlog/spdlog.h>

namespace paysync {

namespace {

/// SQLSTATE of pay_private.pause_job() and the like for a job that no daemon has registered.
constexpr const char* kUnknownJobState = "PY404";

[[noreturn]] void throw_bus_error(const std::exception& e) {
    if (const auto* statement = dynamic_cast<const db::StatementError*>(&e);
        statement && statement->sqlstate() == kUnknownJobState)
        throw bus::Error(bus::kUnknownJob, e.what());
    throw bus::Error(bus::kUnavailable, e.what());
}

}  // namespace

bus::DaemonState BusControl::state() const {
    return daemon_.state();
}

bus::BudgetState BusControl::budget() const {
    return daemon_.engine()->budget();
}

std::vector<bus::JobState> BusControl::jobs() const {
    std::vector<bus::JobState> jobs;
    const auto engine = daemon_.engine();
    for (const auto& [job, status] : engine->monitor().jobs())
        jobs.push_back(
            {job, status.schedule, status.running, status.paused, status.outcome, status.ended_us});
    return jobs;
}

std::string BusControl::health() const {
    return daemon_.engine()->monitor().health();
}

Task<void> BusControl::reload() {
    co_await daemon_.reload();
}

// The engine is kept in a variable: a reload may replace it while the call waits.
Task<std::int64_t> BusControl::run_job(std::string job) {
    const auto engine = daemon_.engine();
    try {
        co_return co_await engine->run_job(job);
    } catch (const std::exception& e) {
        throw_bus_error(e);
    }
}

Task<bool> BusControl::pause_job(std::string job, std::string reason) {
    const auto engine = daemon_.engine();
    try {
        co_return co_await engine->pause_job(job, reason);
    } catch (const std::exception& e) {
        throw_bus_error(e);
    }
}

Task<bool> BusControl::resume_job(std::string job) {
    const auto engine = daemon_.engine();
    try {
        co_return co_await engine->resume_job(job);
    } catch (const std::exception& e) {
        throw_bus_error(e);
    }
}

std::string BusControl::log_level() const {
    return log::syslog_level();
}

bool BusControl::set_log_level(const std::string& level) {
    return log::set_syslog_level(level);
}

std::string BusControl::log_target() const {
    return log::syslog_target();
}

bus::Service::Options bus_service_options(const std::string& name) {
    bus::Service::Options options;
    options.name = name;
    options.version = version();
    options.on_change = [name](const std::string& reason) {
        if (reason.empty())
            spdlog::info("D-Bus: connected as {}", name);
        else
            spdlog::warn("D-Bus: not available: {}; the daemon continues without it", reason);
    };
    options.on_call = [](const std::string& method, unsigned uid) {
        spdlog::info("D-Bus: {} called by uid {}", method, uid);
    };
    return options;
}

}  // namespace paysync
