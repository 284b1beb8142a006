// SPDX-License-Identifier: MIT
#include "daemon/app/engine.hpp"

#include "daemon/app/database.hpp"
#include "daemon/app/runs/recorder.hpp"
#include "daemon/app/runs/run_store.hpp"
#include "daemon/app/scheduler.hpp"
#include "daemon/app/schedules.hpp"
#include "daemon/app/wiring.hpp"
#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/listener.hpp"
#include "daemon/base/db/pool.hpp"
#include "daemon/base/db/rights.hpp"
#include "daemon/base/http/curl_client.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "daemon/base/mail/mail_accounts.hpp"
#include "daemon/base/version/version.hpp"
#include "jobs/backlog_store.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/registry.hpp"
#include "jobs/schema/schema.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <random>

namespace paysync {

namespace {

using namespace std::chrono_literals;

/// Notified when an operator pauses or resumes a job, or requests a run.
constexpr const char* kControlChannel = "pay_job";
/// SQLSTATE insufficient_privilege.
constexpr const char* kInsufficientPrivilege = "42501";
/// Transactions take a second or so, and statement_timeout bounds their statements. One that takes
/// this long is stuck.
constexpr auto kStuckTransaction = 10min;

/// The random number tells two processes apart that had the same pid one after the other.
std::string make_engine_id() {
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    return fmt::format("{}:{}:{:08x}", host, ::getpid(), std::random_device()());
}

std::vector<std::string> names_of(const std::vector<config::MailAccount>& accounts) {
    std::vector<std::string> names;
    for (const auto& account : accounts)
        names.push_back(account.name);
    return names;
}

}  // namespace

/// Owns everything. A member may use those above it.
struct Engine::State {
    State(Loop& l, Clock& c, const config::Config& given, Listeners listening)
        : loop(l),
          clock(c),
          config(given),
          listeners(std::move(listening)),
          pool(loop, pool_options()),
          http(loop, config.stripe.max_in_flight * stripe::Budget::kMostPerPlace,
               std::string("paysync/") + version()),
          budget(clock, budget_options(config.stripe)),
          stripe(http, clock, budget, stripe_options(config.stripe)),
          mail(loop, clock, accounts_options()),
          jobs(make_jobs(config)),
          id(make_engine_id()),
          monitor(clock, pool, monitored_jobs(), names_of(config.mail.accounts), listeners.changed,
                  [this] { return budget_gauges(); }),
          recorder(loop, clock, pool, recorder_options()),
          scheduler(loop, clock, recorder),
          listener(loop, clock, listener_options()),
          leases{config.leases.duration, config.leases.renew} {
        for (const auto& job : jobs)
            scheduler.add(entry_of(*job));
    }

    db::Pool::Options pool_options() {
        db::Pool::Options options;
        options.conninfo = conninfo_of(config.database, "paysyncd");
        options.workers = config.database.workers;
        options.on_change = [this](bool available, const std::string& reason) {
            if (trial)
                return;
            if (available)
                log::event(log::kDatabaseBack).info("database: answers again; work continues");
            else
                log::event(log::kDatabaseLost)
                    .error("database: does not answer: {}; all work waits", reason);
            monitor.set_database_up(available);
        };
        return options;
    }

    mail::MailAccounts::Options accounts_options() {
        auto options = mail_options(config.mail);
        options.on_change = [this](const std::string& account, const std::string& reason) {
            if (reason.empty())
                log::event(log::kMailAccountBack).info("mail account {}: available again", account);
            else
                log::event(log::kMailAccountLost)
                    .error("mail account {}: not available: {}; its deliveries wait", account,
                           reason);
            monitor.set_mail_account_up(account, reason.empty());
        };
        return options;
    }

    std::vector<store::Gauge> budget_gauges() const {
        return {
            {"paysync_stripe_calls_in_flight", "Calls to Stripe under way.",
             static_cast<double>(budget.in_flight())},
            {"paysync_stripe_calls_in_flight_limit", "How many calls may be under way at present.",
             static_cast<double>(budget.in_flight_limit())},
            {"paysync_stripe_calls_waiting", "Calls that wait because of a limit.",
             static_cast<double>(budget.waiting())},
            {"paysync_stripe_calls_per_second_limit",
             "How many calls this daemon may begin per second: its share of the configured rate, "
             "reduced after a "
             "429 of Stripe.",
             budget.rate()}};
    }

    std::vector<Monitor::Job> monitored_jobs() const {
        std::vector<Monitor::Job> monitored;
        for (const auto& job : jobs) {
            const auto schedule = schedule_of(config, *job);
            std::optional<std::chrono::milliseconds> every;
            if (!schedule.slots)
                every = schedule.every;
            monitored.push_back({job->name(), schedule.text, every});
        }
        return monitored;
    }

    db::Listener::Options listener_options() {
        db::Listener::Options options;
        options.conninfo = conninfo_of(config.database, "paysyncd listener");
        options.channels.emplace_back(kControlChannel);
        for (const auto& job : jobs)
            for (const auto& channel : job->channels())
                if (std::find(options.channels.begin(), options.channels.end(), channel) ==
                    options.channels.end())
                    options.channels.push_back(channel);
        options.on_notify = [this](const std::string& channel) {
            if (channel == kControlChannel)
                recorder.read_controls_soon();
            for (const auto& job : jobs) {
                const auto channels = job->channels();
                if (std::find(channels.begin(), channels.end(), channel) != channels.end())
                    scheduler.wake(job->name());
            }
        };
        return options;
    }

    Scheduler::Entry entry_of(Job& job) {
        Scheduler::Entry entry;
        entry.name = job.name();
        entry.schedule = schedule_of(config, job);
        entry.pass = [this, &job](std::int64_t run_id, std::stop_token stopped) {
            return pass(job, run_id, std::move(stopped));
        };
        return entry;
    }

    runs::Recorder::Options recorder_options() {
        runs::Recorder::Options options;
        options.daemon = id;
        options.version = version();
        options.lease = config.leases.duration;
        options.renew = config.leases.renew;
        options.keep_runs = config.runs.keep;
        for (const auto& job : jobs)
            options.jobs.push_back({job->name(), schedule_of(config, *job).text});
        options.on_controls = [this](const std::map<std::string, runs::JobControl>& controls) {
            scheduler.apply_controls(controls);
            for (const auto& job : monitor.apply_controls(controls))
                listeners.job_changed(job);
        };
        // Stripe counts the calls of all daemons, so each takes an equal share.
        options.on_daemons = [this](int alive) {
            budget.set_rate(budget_options(config.stripe).rate / std::max(alive, 1));
        };
        options.on_pass = [this](const std::string& job, const runs::Outcome& outcome,
                                 double seconds) {
            monitor.pass_ended(job, outcome, seconds);
            listeners.job_changed(job);
            listeners.job_finished(job, outcome);
        };
        return options;
    }

    Task<void> pass(Job& job, std::int64_t run_id, std::stop_token stopped) {
        Context context{loop, clock, pool, stripe, mail, leases, id, stopped};
        monitor.pass_began(job.name());
        listeners.job_changed(job.name());
        co_await recorder.record_pass(job.name(), run_id, &context.report, job.run(context),
                                      stopped);
    }

    Task<void> run() {
        trial = false;
        const auto stopped = stop.get_token();
        try {
            co_await recorder.begin(stopped);  // reads pauses before the first pass
        } catch (const Cancelled&) {
            co_return;
        }
        monitor.set_ready(true);
        TaskGroup running(loop);
        running.spawn(listener.run(stopped));
        running.spawn(recorder.run(stopped));
        running.spawn(scheduler.run(stopped));
        co_await running.join();
        co_await recorder.end();
    }

    Loop& loop;
    Clock& clock;
    const config::Config config;
    Listeners listeners;
    bool trial = false;
    db::Pool pool;
    http::CurlClient http;
    stripe::Budget budget;
    stripe::Client stripe;
    mail::MailAccounts mail;
    std::vector<std::unique_ptr<Job>> jobs;
    std::string id;
    Monitor monitor;
    runs::Recorder recorder;
    Scheduler scheduler;
    db::Listener listener;
    LeaseTimes leases;
    std::stop_source stop;
};

Engine::Engine(Loop& loop, Clock& clock, const config::Config& config, Listeners listeners)
    : state_(std::make_unique<State>(loop, clock, config, std::move(listeners))) {}

Engine::~Engine() = default;

Task<void> Engine::check_database(Trial trial) {
    state_->trial = trial == Trial::yes;
    db::SchemaState found;
    db::Rights rights;
    try {
        found = co_await state_->pool.run(schema::state);
        rights = co_await state_->pool.run(db::read_rights);
    } catch (const db::StatementError& e) {
        if (e.sqlstate() != kInsufficientPrivilege)
            throw;
        throw Unusable(fmt::format(
            "database: the daemon's role may not read the schema ({}); GRANT pay_daemon TO it",
            e.what()));
    }
    const auto problem = schema::problem(found);
    if (!problem.empty())
        throw Unusable(problem);
    if (!rights.daemon)
        throw Unusable(fmt::format(
            "database: the role {0} is no member of pay_daemon: run: GRANT pay_daemon TO {0}",
            rights.role));
}

Task<void> Engine::run() {
    co_await state_->run();
}

bus::BudgetState Engine::budget() const {
    const auto& budget = state_->budget;
    return {budget.rate(), static_cast<unsigned>(budget.in_flight()),
            static_cast<unsigned>(budget.in_flight_limit()),
            static_cast<unsigned>(budget.waiting())};
}

void Engine::stop() {
    state_->monitor.set_ready(false);
    state_->stop.request_stop();
}

Monitor& Engine::monitor() const noexcept {
    return state_->monitor;
}

const config::Config& Engine::config() const noexcept {
    return state_->config;
}

const std::string& Engine::id() const noexcept {
    return state_->id;
}

std::string Engine::stalled() const {
    if (const auto longest = state_->pool.longest_running(); longest > kStuckTransaction)
        return fmt::format("a database transaction has been running for {} s",
                           std::chrono::duration_cast<std::chrono::seconds>(longest).count());
    return state_->scheduler.stalled();
}

Task<std::int64_t> Engine::run_job(std::string job) {
    co_return co_await state_->pool.run(runs::store::request_run, job);
}

Task<bool> Engine::pause_job(std::string job, std::string reason) {
    co_return co_await state_->pool.run(runs::store::pause_job, job, reason);
}

Task<bool> Engine::resume_job(std::string job) {
    co_return co_await state_->pool.run(runs::store::resume_job, job);
}

}  // namespace paysync
