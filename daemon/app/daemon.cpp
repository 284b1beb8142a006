// SPDX-License-Identifier: MIT
#include "daemon/app/daemon.hpp"

#include "daemon/app/bus_control.hpp"
#include "daemon/app/database.hpp"
#include "daemon/app/engine.hpp"
#include "daemon/app/pages.hpp"
#include "daemon/app/schedules.hpp"
#include "daemon/base/bus/names.hpp"
#include "daemon/base/bus/notify.hpp"
#include "daemon/base/bus/service.hpp"
#include "daemon/base/db/errors.hpp"
#include "daemon/base/http/curl_client.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/log/log.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/offload.hpp"
#include "daemon/base/loop/signals.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "daemon/base/version/version.hpp"
#include "jobs/registry.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <set>
#include <utility>

namespace paysync {

namespace {

using namespace std::chrono_literals;

constexpr auto kDatabaseRetry = 2s;

std::uint64_t microseconds_of(std::chrono::system_clock::time_point time) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
}

std::set<std::string> job_names_of(const Engine& engine) {
    std::set<std::string> names;
    for (const auto& [job, status] : engine.monitor().jobs())
        names.insert(job);
    return names;
}

/// The process: everything that outlives a configuration (signals, D-Bus, systemd's notifications,
/// the HTTP server), and the engine that runs the present one.
class Daemon {
public:
    Daemon(std::filesystem::path path, const config::Config& config)
        : path_(std::move(path)),
          notify_(loop_, [this] { return makes_progress(); }),
          control_(daemon_for_bus()),
          bus_(loop_, clock_, control_, bus_service_options(config.bus.name)),
          signals_(loop_),
          running_(loop_),
          bus_enabled_(config.bus.enabled),
          engine_(make_engine(config)),
          configured_at_(clock_.wall()),
          pages_(loop_, [this] { return engine_; }) {
        pages_.move_to(config.metrics);
    }

    void run() {
        signals_.on(SIGTERM, [this] { stop_requested(); });
        signals_.on(SIGINT, [this] { stop_requested(); });
        signals_.on(SIGHUP,
                    [this] { loop_.spawn(reload_for_signal(), [](std::exception_ptr) {}); });
        std::exception_ptr error;
        loop_.spawn(work(), [&error](std::exception_ptr ended_by) { error = ended_by; });
        loop_.run();
        if (error)
            std::rethrow_exception(error);
    }

private:
    BusControl::Daemon daemon_for_bus() {
        BusControl::Daemon daemon;
        daemon.engine = [this] { return engine_; };
        daemon.state = [this] { return state(); };
        daemon.reload = [this] { return reload(); };
        return daemon;
    }

    bus::DaemonState state() const {
        const auto& monitor = engine_->monitor();
        return {status(), monitor.is_ready(), monitor.database_up(), path_.string(),
                microseconds_of(configured_at_)};
    }

    /// Reads the file again and starts using it. Throws bus::Error and keeps the present
    /// configuration when that fails.
    Task<void> reload() {
        if (!started_ || stop_.stop_requested())
            throw bus::Error(bus::kUnavailable, "the daemon is starting or stopping");
        if (std::exchange(reloading_, true))
            throw bus::Error(bus::kUnavailable, "another reload is in progress");
        notify_.reloading();
        std::string error_name;
        std::string reason;
        try {
            co_await load_and_replace();
        } catch (const db::Unavailable& e) {
            error_name = bus::kUnavailable;
            reason = std::string("the database does not answer: ") + e.what();
        } catch (const std::exception& e) {
            error_name = bus::kInvalidConfiguration;
            reason = e.what();
        }
        reloading_ = false;
        notify_.ready();
        if (!error_name.empty()) {
            log::event(log::kReloadRefused)
                .error("reload: refused: {}; the previous configuration stays in use", reason);
            throw bus::Error(error_name, reason);
        }
        log::event(log::kReloaded)
            .info("reload: done: {} jobs run as {} with the new configuration",
                  engine_->monitor().jobs().size(), engine_->id());
        engine_changed();
    }

    /// Reports of an engine are ignored once another one has replaced it.
    std::shared_ptr<Engine> make_engine(const config::Config& config) {
        const int generation = ++generations_;
        const auto current = [this, generation] { return generation == generation_; };
        Engine::Listeners listeners;
        listeners.changed = [this, current] {
            if (current())
                engine_changed();
        };
        listeners.job_changed = [this, current](const std::string& job) {
            if (current())
                bus_.job_changed(job);
        };
        listeners.job_finished = [this, current](const std::string& job,
                                                 const runs::Outcome& outcome) {
            if (current())
                bus_.job_finished(job, runs::to_string(outcome.state), outcome.done,
                                  outcome.failed);
        };
        return std::make_shared<Engine>(loop_, clock_, config, std::move(listeners));
    }

    void engine_changed() {
        notify_.status(status());
        bus_.daemon_changed();
    }

    std::string status() const {
        return stop_.stop_requested() ? "stopping" : engine_->monitor().status();
    }

    /// For the watchdog.
    bool makes_progress() {
        const auto stalled = engine_->stalled();
        if (stalled != std::exchange(stalled_, stalled) && !stalled.empty())
            log::event(log::kStalled)
                .critical("paysyncd: stalled: {}; the watchdog gets no answer", stalled);
        return stalled.empty();
    }

    Task<void> work() {
        const auto stop = stop_.get_token();
        notify_.status("starting");
        if (bus_enabled_)
            running_.spawn(bus_.run(stop));
        std::exception_ptr error;
        try {
            const bool available = co_await wait_for_database(stop);
            if (available) {
                started_ = true;
                notify_.ready();
                log::event(log::kStarted)
                    .info("paysyncd {} runs {} jobs as {}", version(),
                          engine_->monitor().jobs().size(), engine_->id());
                running_.spawn(run_engine(engine_));
            }
        } catch (...) {
            error = std::current_exception();
            stop_.request_stop();
        }
        try {
            co_await running_.join();
        } catch (...) {
            if (!error)
                error = std::current_exception();
        }
        // Pages are made on the loop, so the server is closed while it still runs.
        co_await pages_.close();
        if (error)
            std::rethrow_exception(error);
        spdlog::info("paysyncd: stopped");
    }

    /// Waits until the database answers. Returns false when the daemon was stopped meanwhile;
    /// throws Unusable when the schema does not fit.
    Task<bool> wait_for_database(std::stop_token stop) {
        while (!stop.stop_requested()) {
            try {
                co_await engine_->check_database(Engine::Trial::no);
                co_return true;
            } catch (const db::Unavailable&) {
                // The engine logs it. A boot must not wait for the database.
                notify_.ready();
            }
            try {
                co_await clock_.sleep(kDatabaseRetry, stop);
            } catch (const Cancelled&) {
            }
        }
        co_return false;
    }

    /// Returns when the engine was stopped and has ended its work in hand. After a reload that
    /// takes a while, beside the new engine.
    Task<void> run_engine(std::shared_ptr<Engine> engine) {
        try {
            co_await engine->run();
        } catch (...) {
            stop_all();  // without its engine the daemon is of no use
            throw;
        }
    }

    /// Takes over the whole file or, by an exception, nothing of it.
    Task<void> load_and_replace() {
        std::optional<config::Config> read;
        Offload reading(loop_, [this, &read] {
            read = config::load_config(path_);
            check(*read);
        });
        co_await reading;
        auto next = make_engine(*read);
        co_await next->check_database(Engine::Trial::yes);
        const auto& before = engine_->config();
        if (stop_.stop_requested())
            throw std::runtime_error("the daemon is stopping");
        auto moved = pages_.move_to(read->metrics);
        if (read->bus.name != before.bus.name || read->bus.enabled != before.bus.enabled ||
            read->log.target != before.log.target)
            spdlog::warn(
                "reload: bus or log.target has changed; this takes effect after a restart");
        log::set_level(read->log.level);
        replace_engine(std::move(next));
        co_await pages_.close(std::move(moved));
    }

    void replace_engine(std::shared_ptr<Engine> next) {
        const auto old = std::exchange(engine_, std::move(next));
        generation_ = generations_;
        configured_at_ = clock_.wall();
        old->stop();
        running_.spawn(run_engine(engine_));
        const auto before = job_names_of(*old);
        const auto after = job_names_of(*engine_);
        for (const auto& job : before)
            if (!after.contains(job))
                bus_.job_removed(job);
        for (const auto& job : after) {
            if (!before.contains(job))
                bus_.job_added(job);
            else
                bus_.job_changed(job);
        }
    }

    Task<void> reload_for_signal() {
        spdlog::info("reload: SIGHUP received");
        try {
            co_await reload();
        } catch (const bus::Error& e) {
            spdlog::debug("reload: refused: {}", e.what());  // mostly logged by reload() already
        }
    }

    void stop_all() {
        stop_.request_stop();
        engine_->stop();
    }

    void stop_requested() {
        if (stop_.stop_requested()) {
            spdlog::warn("paysyncd: second signal: exiting at once; the leases of its work expire");
            ::_exit(EXIT_FAILURE);
        }
        spdlog::info("paysyncd: stopping: work in hand is finished first");
        notify_.stopping();
        notify_.status("stopping");
        stop_all();
    }

    const std::filesystem::path path_;
    Loop loop_;
    LoopClock clock_{loop_};
    http::CurlGlobal curl_;
    bus::Notify notify_;
    BusControl control_;
    bus::Service bus_;
    Signals signals_;
    TaskGroup running_;  ///< engines, and the bus
    bool bus_enabled_;
    bool started_ = false;
    bool reloading_ = false;
    int generations_ = 0;  ///< how many engines were made, those on trial included
    int generation_ = 1;   ///< number of the engine at work
    std::shared_ptr<Engine> engine_;
    std::chrono::system_clock::time_point configured_at_;
    std::string stalled_;  ///< as last logged
    Pages pages_;
    std::stop_source stop_;
};

}  // namespace

void check(const config::Config& config) {
    config::check_files(config);
    const auto jobs = make_jobs(config);
    check_schedules(config, jobs);
    conninfo_of(config.database, "paysyncd");
}

void run_daemon(const std::filesystem::path& path, const config::Config& config) {
    Daemon(path, config).run();
}

}  // namespace paysync
