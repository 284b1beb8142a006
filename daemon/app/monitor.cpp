// SPDX-License-Identifier: MIT
#include "daemon/app/monitor.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/version/version.hpp"
#include "jobs/backlog_store.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace paysync {

namespace {

using namespace std::chrono_literals;
using metrics::Page;

/// Several scrapers share one look at the database.
constexpr auto kBacklogAge = 10s;

std::vector<std::string> job_names(const std::vector<Monitor::Job>& jobs) {
    std::vector<std::string> names;
    for (const auto& job : jobs)
        names.push_back(job.name);
    return names;
}

}  // namespace

Monitor::Monitor(Clock& clock, db::Pool& db, const std::vector<Job>& jobs,
                 const std::vector<std::string>& mail_accounts, std::function<void()> changed,
                 std::function<std::vector<store::Gauge>()> gauges)
    : clock_(clock),
      db_(db),
      changed_(std::move(changed)),
      gauges_(std::move(gauges)),
      registry_(version(), job_names(jobs), mail_accounts) {
    for (const auto& job : jobs) {
        jobs_[job.name].schedule = job.schedule;
        if (job.every)
            registry_.set_period(job.name, std::chrono::duration<double>(*job.every).count());
    }
    for (const auto& account : mail_accounts)
        mail_accounts_[account] = true;
}

void Monitor::set_ready(bool ready) {
    ready_ = ready;
    changed_();
}

void Monitor::set_database_up(bool up) {
    database_up_ = up;
    registry_.set_database_up(up);
    changed_();
}

void Monitor::set_mail_account_up(const std::string& account, bool up) {
    mail_accounts_[account] = up;
    registry_.set_mail_account_up(account, up);
    changed_();
}

std::vector<std::string> Monitor::apply_controls(
    const std::map<std::string, runs::JobControl>& controls) {
    std::vector<std::string> changed;
    for (auto& [job, status] : jobs_)
        if (const auto wanted = controls.find(job);
            wanted != controls.end() && status.paused != wanted->second.paused) {
            status.paused = wanted->second.paused;
            registry_.set_paused(job, status.paused);
            changed.push_back(job);
        }
    if (!changed.empty())
        changed_();
    return changed;
}

void Monitor::pass_began(const std::string& job) {
    jobs_[job].running = true;
}

void Monitor::pass_ended(const std::string& job, const runs::Outcome& outcome, double seconds) {
    auto& status = jobs_[job];
    const auto before = std::exchange(status.outcome, runs::to_string(outcome.state));
    status.running = false;
    status.ended = clock_.now();
    status.ended_us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(clock_.wall().time_since_epoch())
            .count());
    registry_.record_pass(job, status.outcome, seconds, outcome.done, outcome.failed);
    if ((before == "error") != (status.outcome == "error"))
        changed_();
}

std::string Monitor::status() const {
    if (!database_up_)
        return "waiting for the database";
    if (!ready_)
        return "starting";
    std::string trouble;
    int paused = 0;
    for (const auto& [job, status] : jobs_) {
        paused += status.paused ? 1 : 0;
        if (status.outcome == "error")
            trouble += "; " + job + " fails";
    }
    for (const auto& [account, up] : mail_accounts_)
        if (!up)
            trouble += "; mail account " + account + " is not available";
    auto line = fmt::format("running {} jobs", jobs_.size());
    if (paused > 0)
        line += fmt::format(", {} paused", paused);
    return line + trouble;
}

Task<Page> Monitor::page(std::string path) {
    Page page;
    if (path == "/metrics") {
        co_await refresh_backlog();
        for (const auto& gauge : gauges_())
            registry_.set_gauge(gauge.name, gauge.help, gauge.value);
        page.type = "text/plain; version=0.0.4; charset=utf-8";
        page.body = registry_.text();
    } else if (path == "/healthz") {
        page.type = "application/json";
        page.body = health();
    } else if (path == "/readyz") {
        const bool ready = is_ready();
        page.status = ready ? 200 : 503;
        page.body = ready           ? "ready\n"
                    : !database_up_ ? "the database does not answer\n"
                                    : "starting or stopping\n";
    } else {
        page.body = "alive\n";
    }
    co_return page;
}

Task<void> Monitor::refresh_backlog() {
    // A slow database gets one query at a time, not one for each scrape.
    if (reading_backlog_ ||
        (backlog_read_at_ && clock_.now() - *backlog_read_at_ < kBacklogAge && database_up_))
        co_return;
    reading_backlog_ = true;
    std::vector<store::Gauge> gauges;
    try {
        if (ready_ && database_up_)
            gauges = co_await db_.run(store::backlog);
    } catch (const std::exception& e) {
        spdlog::debug("metrics: rows not counted: {}", e.what());
    }
    reading_backlog_ = false;
    registry_.remove_gauges();
    for (const auto& gauge : gauges)
        registry_.set_gauge(gauge.name, gauge.help, gauge.value);
    backlog_read_at_.reset();
    if (!gauges.empty())
        backlog_read_at_ = clock_.now();
}

// Names of jobs and accounts need no escaping: the configuration allows no quotes in them.
std::string Monitor::health() const {
    bool well = is_ready();
    std::string jobs;
    for (const auto& [job, status] : jobs_) {
        well = well && status.outcome != "error";
        const auto ago =
            status.ended
                ? fmt::format("{:.0f}",
                              std::chrono::duration<double>(clock_.now() - *status.ended).count())
                : std::string("null");
        jobs += fmt::format(
            R"({}{{"job":"{}","paused":{},"last_outcome":"{}","ended_seconds_ago":{}}})",
            jobs.empty() ? "" : ",", job, status.paused, status.outcome, ago);
    }
    std::string accounts;
    for (const auto& [account, up] : mail_accounts_) {
        well = well && up;
        accounts += fmt::format(R"({}{{"account":"{}","up":{}}})", accounts.empty() ? "" : ",",
                                account, up);
    }
    return fmt::format(
        R"({{"status":"{}","version":"{}","ready":{},"database":{{"up":{}}},"jobs":[{}],"mail_accounts":[{}]}})"
        "\n",
        well ? "ok" : "degraded", version(), ready_, database_up_, jobs, accounts);
}

}  // namespace paysync
