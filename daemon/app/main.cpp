// SPDX-License-Identifier: MIT
#include "daemon/app/daemon.hpp"
#include "daemon/app/engine.hpp"
#include "daemon/app/online_check.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/log/log.hpp"
#include "daemon/base/version/version.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>
#include <sysexits.h>

#include <clocale>
#include <csignal>
#include <iostream>
#include <optional>

namespace {

using namespace paysync;

constexpr const char* kConfigPath = "/etc/paysync/paysync.yaml";

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

/// What the command line asks for besides the daemon itself.
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
        log::event(log::kUnusable).critical("{}", e.what());
        return EX_CONFIG;
    } catch (const std::exception& e) {
        spdlog::critical("ended by an error: {}", e.what());
        return EX_SOFTWARE;
    }
    return EX_OK;
}

}  // namespace

int main(int argc, char** argv) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    std::signal(SIGPIPE, SIG_IGN);  // a peer that went away is an error of that connection
    CLI::App app(
        "Keeps companies' Stripe integrations, payment requests and payments in step with "
        "PostgreSQL.",
        "paysyncd");
    std::string path = kConfigPath;
    Check wanted;
    app.add_option("-c,--config", path, "configuration file")->capture_default_str();
    auto* check = app.add_flag("--check", wanted.files,
                               "check the configuration and the files it names, and end");
    app.add_flag("--online", wanted.online,
                 "with --check: also the database, each permission of the Stripe key, and the mail "
                 "servers' logins")
        ->needs(check);
    app.set_version_flag("--version", std::string("paysyncd ") + version());
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? EX_OK : EX_USAGE;
    }
    return run(path, wanted);
}
