// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/cli/command_line.hpp"

#include <functional>
#include <optional>

namespace paysync::ctl {

/// How a command that prints rows prints them; filled in by the options below, which mean the same
/// in all commands.
struct Display {
    bool json = false;               ///< --json: an array instead of a table
    std::optional<int> watch_every;  ///< --watch: seconds between two rounds; once when empty
    int limit = 50;                  ///< --limit: how many rows, the newest first
};

/// Adds --json. The variables must live until the command line is parsed.
cli::Option add_json(cli::Command& command, Display& display);
/// Adds --json and --watch.
void add_watch(cli::Command& command, Display& display);
/// Adds --limit.
void add_limit(cli::Command& command, Display& display);

/// Calls `print` once, or with --watch every so many seconds until standard output is closed or the
/// process is interrupted. `print` yields an exit code; that of the last round is returned. While
/// the database does not answer, --watch says so on standard error and goes on.
int repeat(const Display& display, const std::function<int()>& print);

}  // namespace paysync::ctl
