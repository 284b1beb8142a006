// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/app/engine.hpp"
#include "daemon/base/bus/control.hpp"
#include "daemon/base/bus/service.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace paysync {

/// The D-Bus interface of the daemon: calls are passed on to the engine that is at work at that
/// moment, which is another one after a reload. The daemon itself answers for its state and for
/// reloads.
class BusControl final : public bus::Control {
public:
    struct Daemon {
        std::function<std::shared_ptr<Engine>()> engine;  ///< the one at work
        std::function<bus::DaemonState()> state;
        /// As Control::reload().
        std::function<Task<void>()> reload;
    };

    explicit BusControl(Daemon daemon) : daemon_(std::move(daemon)) {}

    bus::DaemonState state() const override;
    bus::BudgetState budget() const override;
    std::vector<bus::JobState> jobs() const override;
    std::string health() const override;

    Task<void> reload() override;
    Task<std::int64_t> run_job(std::string job) override;
    Task<bool> pause_job(std::string job, std::string reason) override;
    Task<bool> resume_job(std::string job) override;

    std::string log_level() const override;
    bool set_log_level(const std::string& level) override;
    std::string log_target() const override;

private:
    Daemon daemon_;
};

/// Options of the service on D-Bus: its name, and log lines for its connection and its calls.
bus::Service::Options bus_service_options(const std::string& name);

}  // namespace paysync
