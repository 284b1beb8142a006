// SPDX-License-Identifier: MIT
#include "daemon/app/daemon.hpp"
#include "daemon/app/engine.hpp"
#include "daemon/app/online_check.hpp"
#include "daemon/base/cli/command_line.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/log/log.hpp"
#include "daemon/base/version/version.hpp"

#include <spdlog/spdlog.h>
#include <sysexits.h>

#include <clocale>
#include <csignal>
#include <iostream>
#include <optional>

namespace paysync {

namespace {

log::Target target_of(config::Log::Target target) {
    switch (target) {
        case config::Log::Target::automatic:
            return log::Target::automatic;
        case config::Log::Target::journal:
            return log::Target::journal;
        case config::Log::Target::standard_error:
            return log::Target::standard_error;
    }
    return log::Target::automatic;
}

/// The checks that were requested instead of a run of the daemon.
struct Check {
    bool files = false;
    bool online = false;
};

int run(const std::string& path, const Check& wanted) {
    std::optional<config::Config> config;
    try {
        config = config::load_config(path);
        check(*config);
    } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
        return EX_CONFIG;
    }
    if (wanted.files) {
        std::cout << path << ": the configuration is valid" << std::endl;
        return !wanted.online || check_online(*config, std::cout) ? EX_OK : EX_UNAVAILABLE;
    }
    log::open(config->log.level, target_of(config->log.target));
    try {
        run_daemon(path, *config);
    } catch (const Unusable& e) {
        log::event(log::kCannotRun).critical("{}", e.what());
        return EX_CONFIG;
    } catch (const std::exception& e) {
        spdlog::critical("paysyncd: unexpected error: {}; exiting", e.what());
        return EX_SOFTWARE;
    }
    return EX_OK;
}

int parse_and_run(int argc, char** argv) {
    cli::Program program("paysyncd",
                         "Keeps companies' Stripe integrations, payment requests and payments in "
                         "step with PostgreSQL.");
    std::string path = "/etc/paysync/paysync.yaml";
    Check wanted;
    auto command = program.command();
    command.text("-c,--config", path, "configuration file").show_default();
    const auto check =
        command.flag("--check", wanted.files, "check the configuration and its files, then exit");
    command
        .flag("--online", wanted.online,
              "with --check: also check the database, each permission of the Stripe key, and the "
              "login at each mail server")
        .needs(check);
    program.add_version(std::string("paysyncd ") + version());
    if (const auto code = program.parse(argc, argv))
        return *code;
    return run(path, wanted);
}

}  // namespace

}  // namespace paysync

int main(int argc, char** argv) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    std::signal(SIGPIPE, SIG_IGN);  // a peer that went away is an error of that connection
    return paysync::parse_and_run(argc, argv);
}
