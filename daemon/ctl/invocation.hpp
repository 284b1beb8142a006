// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"
#include "daemon/app/database.hpp"
#include "daemon/ctl/contract_kit.hpp"
#include "daemon/ctl/payments.hpp"
#include "daemon/ctl/preview.hpp"
#include "daemon/ctl/proof.hpp"
#include "daemon/ctl/rows.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace paysync::cli {

/// The options and what the chosen subcommand does, given a connection.
struct Invocation {
    std::string config_path = "/etc/paysync/paysync.yaml";
    std::string user;  ///< PostgreSQL's role, instead of the configuration's
    bool dry_run = false;
    int limit = 50;
    std::string request_id;
    std::string job;
    std::string reason;
    int times = 1;
    bool trouble = false;
    std::vector<std::int64_t> discrepancies;
    bool apply = false;
    bool record = false;
    bool failed = false;  ///< what was asked for was done, and the answer is bad news
    bool sent = false;
    bool resend = false;
    Preview preview;
    Payments payments;
    Asked asked;
    ContractKit contract_kit;
    bool json = false;
    std::optional<int> watch;  ///< again every so many seconds
    std::string log_level;
    std::function<void()> offline;         ///< what needs no configuration
    std::function<void()> live;            ///< what asks the daemon that runs
    std::optional<config::Config> config;  ///< read before anything is done
    Patience patience = Patience::limited;
    std::function<void(const std::string& conninfo)> act;
};

inline Format format_of(const Invocation& call) {
    return call.json ? Format::json : Format::table;
}

/// A command that prints rows.
inline void add_json(CLI::App& command, Invocation& call) {
    command.add_flag("--json", call.json, "a JSON array instead of a table");
}

/// A command that shows how things are.
inline void add_watch(CLI::App& command, Invocation& call) {
    add_json(command, call);
    command.add_option("-w,--watch", call.watch, "again every so many seconds, until it is ended")
        ->check(CLI::Range(1, 86400))
        ->type_name("SECONDS");
}

inline void add_limit(CLI::App& command, Invocation& call) {
    command.add_option("-n,--limit", call.limit, "how many")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
}

/// Adds `paysyncctl payments`.
void add_payments(CLI::App& app, Invocation& call);

/// Adds `prove`, `backfill` and `audit`.
void add_proof(CLI::App& app, Invocation& call);

}  // namespace paysync::cli
