// SPDX-License-Identifier: MIT
#include "daemon/app/monitor.hpp"

#include "daemon/base/version/version.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace paysync {

namespace {

using namespace std::chrono_literals;
using metrics::Page;

/// Several who scrape share what was looked up.
constexpr auto kFresh = 10s;

std::vector<std::string> names_of(const std::vector<Monitor::Watched>& jobs) {
    std::vector<std::string> names;
    for (const auto& watched : jobs)
        names.push_back(watched.job);
    return names;
}

}  // namespace

Monitor::Monitor(Clock& clock, db::Pool& db, const std::vector<Watched>& jobs,
                 const std::vector<std::string>& mail_accounts, std::function<void()> changed,
                 std::function<std::vector<store::Gauge>()> gauges)
    : clock_(clock),
      db_(db),
      changed_(std::move(changed)),
      gauges_(std::move(gauges)),
      registry_(version(), names_of(jobs), mail_accounts) {
    for (const auto& watched : jobs) {
        jobs_[watched.job].schedule = watched.schedule;
        if (watched.every)
            registry_.period(watched.job, std::chrono::duration<double>(*watched.every).count());
    }
    for (const auto& account : mail_accounts)
        mail_accounts_[account] = true;
}

void Monitor::ready(bool yes) {
    ready_ = yes;
    changed_();
}

void Monitor::database(bool up) {
    database_up_ = up;
    registry_.database(up);
    changed_();
}

void Monitor::mail_account(const std::string& account, bool up) {
    mail_accounts_[account] = up;
    registry_.mail_account(account, up);
    changed_();
}

std::vector<std::string> Monitor::controls(const std::map<std::string, runs::Control>& controls) {
    std::vector<std::string> others;
    for (auto& [job, seen] : jobs_)
        if (const auto wanted = controls.find(job);
            wanted != controls.end() && seen.paused != wanted->second.paused) {
            seen.paused = wanted->second.paused;
            registry_.paused(job, seen.paused);
            others.push_back(job);
        }
    if (!others.empty())
        changed_();
    return others;
}

void Monitor::begins(const std::string& job) {
    jobs_[job].running = true;
}

void Monitor::pass(const std::string& job, const runs::Outcome& outcome, double seconds) {
    auto& seen = jobs_[job];
    const auto before = std::exchange(seen.outcome, runs::word_of(outcome.state));
    seen.running = false;
    seen.ended = clock_.now();
    seen.ended_us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(clock_.wall().time_since_epoch())
            .count());
    registry_.pass(job, seen.outcome, seconds, outcome.done, outcome.failed);
    if ((before == "error") != (seen.outcome == "error"))
        changed_();
}

std::string Monitor::status() const {
    if (!database_up_)
        return "waiting for the database";
    if (!ready_)
        return "starting";
    std::string trouble;
    int paused = 0;
    for (const auto& [job, seen] : jobs_) {
        paused += seen.paused ? 1 : 0;
        if (seen.outcome == "error")
            trouble += "; " + job + " fails";
    }
    for (const auto& [account, up] : mail_accounts_)
        if (!up)
            trouble += "; mail account " + account + " takes no mails";
    auto line = fmt::format("running {} jobs", jobs_.size());
    if (paused > 0)
        line += fmt::format(", {} paused", paused);
    return line + trouble;
}

Task<Page> Monitor::page(std::string path) {
    Page page;
    if (path == "/metrics") {
        co_await look_up();
        for (const auto& gauge : gauges_())
            registry_.set(gauge.name, gauge.help, gauge.value);
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

Task<void> Monitor::look_up() {
    // A database that is slow is asked once, not once a scrape.
    if (looking_up_ || (looked_up_ && clock_.now() - *looked_up_ < kFresh && database_up_))
        co_return;
    looking_up_ = true;
    std::vector<store::Gauge> gauges;
    try {
        if (ready_ && database_up_)
            gauges = co_await db_.run(store::backlog);
    } catch (const std::exception& e) {
        spdlog::debug("metrics: the database was not asked: {}", e.what());
    }
    looking_up_ = false;
    registry_.forget_looked_up();
    for (const auto& gauge : gauges)
        registry_.set(gauge.name, gauge.help, gauge.value);
    looked_up_.reset();
    if (!gauges.empty())
        looked_up_ = clock_.now();
}

/// Names of jobs and accounts are words of the configuration without quotes in them.
std::string Monitor::health() const {
    bool well = is_ready();
    std::string jobs;
    for (const auto& [job, seen] : jobs_) {
        well = well && seen.outcome != "error";
        const auto ago =
            seen.ended
                ? fmt::format("{:.0f}",
                              std::chrono::duration<double>(clock_.now() - *seen.ended).count())
                : std::string("null");
        jobs += fmt::format(
            R"({}{{"job":"{}","paused":{},"last_outcome":"{}","ended_seconds_ago":{}}})",
            jobs.empty() ? "" : ",", job, seen.paused, seen.outcome, ago);
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
