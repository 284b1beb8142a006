// SPDX-License-Identifier: MIT
#include "daemon/app/daemon.hpp"

#include "daemon/app/database.hpp"
#include "daemon/app/engine.hpp"
#include "daemon/app/pages.hpp"
#include "daemon/app/schedules.hpp"
#include "daemon/base/bus/control.hpp"
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
/// What a function of the schema answers for a job that no daemon has registered.
constexpr const char* kNoJob = "PY404";

std::uint64_t microseconds_of(std::chrono::system_clock::time_point time) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
}

std::set<std::string> jobs_of(const Engine& engine) {
    std::set<std::string> names;
    for (const auto& [job, seen] : engine.monitor().jobs())
        names.insert(job);
    return names;
}

/// The process: what outlives a configuration, and the engine that works by it.
class Daemon final : public bus::Control {
public:
    Daemon(std::filesystem::path path, const config::Config& config)
        : path_(std::move(path)),
          notify_(loop_, [this] { return well(); }),
          bus_(loop_, clock_, *this, bus_options(config)),
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
        signals_.on(SIGHUP, [this] { loop_.spawn(reload_quietly(), [](std::exception_ptr) {}); });
        std::exception_ptr error;
        loop_.spawn(work(), [&error](std::exception_ptr ended_by) { error = ended_by; });
        loop_.run();
        if (error)
            std::rethrow_exception(error);
    }

    // bus::Control
    // ---------------------------------------------------------------------------------

    bus::DaemonState state() const override {
        const auto& monitor = engine_->monitor();
        return {status(), monitor.is_ready(), monitor.database_up(), path_.string(),
                microseconds_of(configured_at_)};
    }

    bus::BudgetState budget() const override { return engine_->budget(); }

    std::vector<bus::JobState> jobs() const override {
        std::vector<bus::JobState> jobs;
        for (const auto& [job, seen] : engine_->monitor().jobs())
            jobs.push_back(
                {job, seen.schedule, seen.running, seen.paused, seen.outcome, seen.ended_us});
        return jobs;
    }

    std::string health() const override { return engine_->monitor().health(); }

    Task<void> reload() override {
        if (!started_ || stop_.stop_requested())
            throw bus::Error(bus::kUnavailable,
                             "the daemon starts or stops; it reads its file at the start");
        if (std::exchange(reloading_, true))
            throw bus::Error(bus::kUnavailable, "another reload is under way");
        notify_.reloading();
        std::string refused_as;
        std::string words;
        try {
            co_await take_up();
        } catch (const db::Unavailable& e) {
            refused_as = bus::kUnavailable;
            words = std::string("the database does not answer: ") + e.what();
        } catch (const std::exception& e) {
            refused_as = bus::kInvalidConfiguration;
            words = e.what();
        }
        reloading_ = false;
        notify_.ready();
        if (!refused_as.empty()) {
            log::event(log::kReloadRefused)
                .error("reload: {}; the configuration from before goes on", words);
            throw bus::Error(refused_as, words);
        }
        log::event(log::kReloaded)
            .info("reload: {} jobs run as {} by the new configuration",
                  engine_->monitor().jobs().size(), engine_->id());
        engine_changed();
    }

    Task<std::int64_t> run_job(std::string job) override {
        const auto engine = engine_;
        try {
            co_return co_await engine->run_job(job);
        } catch (const std::exception& e) {
            refuse(e);
        }
    }

    Task<bool> pause_job(std::string job, std::string reason) override {
        const auto engine = engine_;
        try {
            co_return co_await engine->pause_job(job, reason);
        } catch (const std::exception& e) {
            refuse(e);
        }
    }

    Task<bool> resume_job(std::string job) override {
        const auto engine = engine_;
        try {
            co_return co_await engine->resume_job(job);
        } catch (const std::exception& e) {
            refuse(e);
        }
    }

    std::string log_level() const override { return log::syslog_level(); }
    bool set_log_level(const std::string& level) override { return log::set_syslog_level(level); }
    std::string log_target() const override { return log::syslog_target(); }

private:
    [[noreturn]] static void refuse(const std::exception& e) {
        if (const auto* statement = dynamic_cast<const db::StatementError*>(&e);
            statement && statement->sqlstate() == kNoJob)
            throw bus::Error(bus::kUnknownJob, e.what());
        throw bus::Error(bus::kUnavailable, e.what());
    }

    bus::Service::Options bus_options(const config::Config& config) {
        bus::Service::Options options;
        options.name = config.bus.name;
        options.version = version();
        options.on_change = [name = config.bus.name](const std::string& reason) {
            if (reason.empty())
                spdlog::info("D-Bus: {} is ours", name);
            else
                spdlog::warn("D-Bus: no control by it now: {}; all else goes on", reason);
        };
        options.on_call = [](const std::string& method, unsigned uid) {
            spdlog::info("D-Bus: {} by uid {}", method, uid);
        };
        return options;
    }

    /// Whatever an engine tells counts as long as it is the one at work.
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
                bus_.job_finished(job, runs::word_of(outcome.state), outcome.done, outcome.failed);
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

    bool well() {
        const auto stalled = engine_->stalled();
        if (stalled != std::exchange(stalled_, stalled) && !stalled.empty())
            log::event(log::kStalled).critical("{}; systemd's watchdog is not answered", stalled);
        return stalled.empty();
    }

    Task<void> work() {
        const auto stop = stop_.get_token();
        notify_.status("starting");
        if (bus_enabled_)
            running_.spawn(bus_.run(stop));
        std::exception_ptr error;
        try {
            const bool fits = co_await database_fits(stop);
            if (fits) {
                started_ = true;
                notify_.ready();
                log::event(log::kStarted)
                    .info("paysyncd {} runs {} jobs as {}", version(),
                          engine_->monitor().jobs().size(), engine_->id());
                running_.spawn(serve(engine_));
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
        // While the loop still runs, since pages are made on it.
        co_await pages_.close();
        if (error)
            std::rethrow_exception(error);
        spdlog::info("stopped");
    }

    /// Waits for the database; false when the daemon was stopped meanwhile.
    Task<bool> database_fits(std::stop_token stop) {
        while (!stop.stop_requested()) {
            try {
                co_await engine_->check_database(Engine::Trial::no);
                co_return true;
            } catch (const db::Unavailable&) {
                // Said by the engine. A boot must not wait for us.
                notify_.ready();
            }
            try {
                co_await clock_.sleep(kDatabaseRetry, stop);
            } catch (const Cancelled&) {
            }
        }
        co_return false;
    }

    /// Until it was stopped and has ended its work in hand, which may be after another took its
    /// place.
    Task<void> serve(std::shared_ptr<Engine> engine) {
        try {
            co_await engine->run();
        } catch (...) {
            stop_all();  // it cannot go on, so nor can the daemon
            throw;
        }
    }

    /// Reads the file again and puts it to work, all of it or nothing.
    Task<void> take_up() {
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
            throw std::runtime_error("the daemon stops");
        auto moved = pages_.move_to(read->metrics);
        if (read->bus.name != before.bus.name || read->bus.enabled != before.bus.enabled ||
            read->log.target != before.log.target)
            spdlog::warn("reload: bus and log.target are taken up by a restart only");
        log::set_level(read->log.level);
        replace_engine(std::move(next));
        co_await pages_.close(std::move(moved));
    }

    void replace_engine(std::shared_ptr<Engine> next) {
        const auto old = std::exchange(engine_, std::move(next));
        generation_ = generations_;
        configured_at_ = clock_.wall();
        old->stop();
        running_.spawn(serve(engine_));
        const auto before = jobs_of(*old);
        const auto after = jobs_of(*engine_);
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

    Task<void> reload_quietly() {
        spdlog::info("SIGHUP: the configuration is read again");
        try {
            co_await reload();
        } catch (const bus::Error& e) {
            spdlog::debug("not reloaded: {}", e.what());  // said by reload()
        }
    }

    void stop_all() {
        stop_.request_stop();
        engine_->stop();
    }

    void stop_requested() {
        if (stop_.stop_requested()) {
            spdlog::warn("second signal: ending at once; leases run out by themselves");
            ::_exit(EXIT_FAILURE);
        }
        spdlog::info("stopping: the work in hand is ended first");
        notify_.stopping();
        notify_.status("stopping");
        stop_all();
    }

    const std::filesystem::path path_;
    Loop loop_;
    LoopClock clock_{loop_};
    http::CurlGlobal curl_;
    bus::Notify notify_;
    bus::Service bus_;
    Signals signals_;
    TaskGroup running_;  ///< engines, and the bus
    bool bus_enabled_;
    bool started_ = false;
    bool reloading_ = false;
    int generations_ = 0;
    int generation_ = 1;
    std::shared_ptr<Engine> engine_;
    std::chrono::system_clock::time_point configured_at_;
    std::string stalled_;
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
