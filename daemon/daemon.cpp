// SPDX-License-Identifier: MIT
#include "daemon/daemon.hpp"

#include "daemon/bus/notify.hpp"
#include "daemon/database.hpp"
#include "daemon/db/errors.hpp"
#include "daemon/db/listener.hpp"
#include "daemon/db/pool.hpp"
#include "daemon/http/curl_client.hpp"
#include "daemon/loop/cancelled.hpp"
#include "daemon/loop/signals.hpp"
#include "daemon/loop/task_group.hpp"
#include "daemon/mail/accounts.hpp"
#include "daemon/scheduler.hpp"
#include "daemon/wiring.hpp"
#include "jobs/context.hpp"
#include "jobs/registry.hpp"
#include "jobs/schema/schema.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <random>

namespace paysync {

namespace {

using namespace std::chrono_literals;

constexpr auto kDatabaseRetry = 2s;

/// Names this process in leases: a process that got a dead one's pid is still another one.
std::string make_daemon_id() {
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    return fmt::format("{}:{}:{:08x}", host, ::getpid(), std::random_device()());
}

/// Owns everything, in the order of dependence.
class Daemon {
public:
    explicit Daemon(const config::Config& config)
        : notify_(loop_),
          pool_(loop_, pool_options(config)),
          http_(loop_, config.stripe.max_in_flight, "paysync/" PAYSYNC_VERSION),
          budget_(clock_, budget_options(config.stripe)),
          stripe_(http_, clock_, budget_, stripe_options(config.stripe)),
          mail_(loop_, clock_, mail_options_of(config)),
          jobs_(make_jobs(config)),
          scheduler_(loop_, clock_),
          listener_(loop_, clock_, listener_options(config)),
          signals_(loop_),
          leases_{config.leases.duration, config.leases.renew},
          daemon_id_(make_daemon_id()) {
        for (const auto& job : jobs_)
            scheduler_.add(entry_of(*job, config));
    }

    void run() {
        signals_.on(SIGTERM, [this] { stop_requested(); });
        signals_.on(SIGINT, [this] { stop_requested(); });
        std::exception_ptr error;
        loop_.spawn(work(), [&error](std::exception_ptr ended_by) { error = ended_by; });
        loop_.run();
        if (error)
            std::rethrow_exception(error);
    }

private:
    db::Pool::Options pool_options(const config::Config& config) {
        db::Pool::Options options;
        options.conninfo = conninfo_of(config.database, "paysyncd");
        options.workers = config.database.workers;
        options.on_change = [this](bool available, const std::string& reason) {
            if (available) {
                spdlog::info("the database answers again; work goes on");
                notify_.status("running");
            } else {
                spdlog::error("the database does not answer: {}; all work waits for it", reason);
                notify_.status("waiting for the database");
            }
        };
        return options;
    }

    mail::Accounts::Options mail_options_of(const config::Config& config) {
        auto options = mail_options(config.mail);
        options.on_change = [](const std::string& account, const std::string& reason) {
            if (reason.empty())
                spdlog::info("mail account {}: takes mails again", account);
            else
                spdlog::error("mail account {}: takes no mails now, they wait: {}", account,
                              reason);
        };
        return options;
    }

    db::Listener::Options listener_options(const config::Config& config) {
        db::Listener::Options options;
        options.conninfo = conninfo_of(config.database, "paysyncd listener");
        for (const auto& job : jobs_)
            for (const auto& channel : job->channels())
                if (std::find(options.channels.begin(), options.channels.end(), channel) ==
                    options.channels.end())
                    options.channels.push_back(channel);
        options.on_notify = [this](const std::string& channel) {
            for (const auto& job : jobs_) {
                const auto channels = job->channels();
                if (std::find(channels.begin(), channels.end(), channel) != channels.end())
                    scheduler_.run_now(job->name());
            }
        };
        return options;
    }

    Scheduler::Entry entry_of(Job& job, const config::Config& config) {
        Scheduler::Entry entry;
        entry.name = job.name();
        entry.every = job.every();
        entry.jitter_percent = jitter_of(config, job.name());
        entry.pass = [this, &job](std::stop_token stop) { return pass(job, std::move(stop)); };
        return entry;
    }

    Task<void> pass(Job& job, std::stop_token stop) {
        Context context{loop_, clock_, pool_, stripe_, mail_, leases_, daemon_id_, stop};
        co_await job.run(context);
    }

    Task<void> work() {
        const auto stop = stop_.get_token();
        notify_.status("starting");
        if (!co_await schema_fits(stop))
            co_return;
        notify_.ready();
        notify_.status("running");
        spdlog::info("paysyncd {} runs {} jobs as {}", PAYSYNC_VERSION, jobs_.size(), daemon_id_);
        TaskGroup running(loop_);
        running.spawn(listener_.run(stop));
        running.spawn(scheduler_.run(stop));
        co_await running.join();
        spdlog::info("stopped");
    }

    /// Waits for the database and looks at its schema; false when the daemon was stopped meanwhile.
    Task<bool> schema_fits(std::stop_token stop) {
        const int known = static_cast<int>(schema::migrations().size());
        while (!stop.stop_requested()) {
            std::optional<db::SchemaState> state;
            try {
                state = co_await pool_.run(db::schema_state, known);
            } catch (const db::Unavailable&) {
                // Said by the pool. A boot must not wait for us.
                notify_.ready();
            }
            if (state && state->newer_breaking)
                throw Unusable(fmt::format(
                    "the database has schema version {}, which this paysyncd {} cannot work "
                    "with: install the newer version",
                    state->applied, PAYSYNC_VERSION));
            if (state && !state->usable())
                throw Unusable(fmt::format(
                    "the database has schema version {} and {} is needed: run 'paysyncctl "
                    "migrate'",
                    state->applied, state->known));
            if (state)
                co_return true;
            try {
                co_await clock_.sleep(kDatabaseRetry, stop);
            } catch (const Cancelled&) {
            }
        }
        co_return false;
    }

    void stop_requested() {
        if (stop_.stop_requested()) {
            spdlog::warn("second signal: ending at once; leases run out by themselves");
            ::_exit(EXIT_FAILURE);
        }
        spdlog::info("stopping: the work in hand is ended first");
        notify_.stopping();
        stop_.request_stop();
    }

    Loop loop_;
    LoopClock clock_{loop_};
    http::CurlGlobal curl_;
    bus::Notify notify_;
    db::Pool pool_;
    http::CurlClient http_;
    stripe::Budget budget_;
    stripe::Client stripe_;
    mail::Accounts mail_;
    std::vector<std::unique_ptr<Job>> jobs_;
    Scheduler scheduler_;
    db::Listener listener_;
    Signals signals_;
    LeaseTimes leases_;
    std::string daemon_id_;
    std::stop_source stop_;
};

}  // namespace

void check(const config::Config& config) {
    config::check_files(config);
    make_jobs(config);
    conninfo_of(config.database, "paysyncd");
}

void run_daemon(const config::Config& config) {
    Daemon(config).run();
}

}  // namespace paysync
