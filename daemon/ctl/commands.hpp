// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/cli/command_line.hpp"

#include <functional>
#include <string>

/// The commands of paysyncctl.
///
/// A command is one source in daemon/ctl/commands/: its options, its help text and what it does.
/// CONTRIBUTING.md says how to add one.
namespace paysync::ctl {

class Session;

/// Carries a command out and prints to standard output. Yields the exit code: EXIT_SUCCESS, or
/// EXIT_FAILURE when the command was carried out and reports that something is wrong, as `verify`
/// does for a broken rule. Throws std::exception, with a text that an operator can act on, when it
/// could not be carried out; main() turns that into the other codes of docs/cli.md. A value that
/// only the database can judge is a cli::UsageError.
using Action = std::function<int(Session&)>;

/// Where commands are added: the program, or a group of commands such as `mail`.
class Commands {
public:
    /// `chosen` receives the action of the command that the command line names.
    Commands(cli::Program& program, Action& chosen);

    /// Adds a command. `action` owns the variables that its options are bound to, since it is kept
    /// until the command line is parsed. `check` is called while the command line is parsed, for
    /// options that do not fit each other; it throws cli::UsageError.
    cli::Command add(const std::string& name, const std::string& help, Action action,
                     std::function<void()> check = {});

    /// Adds a group, of which one command has to be named.
    Commands group(const std::string& name, const std::string& help);

    /// The whole command line, for completion.
    const cli::Program& program() const noexcept { return program_; }

private:
    Commands(cli::Program& program, cli::Command parent, Action& chosen);

    cli::Program& program_;
    cli::Command parent_;
    Action& chosen_;
};

void add_migrate(Commands& commands);
void add_status(Commands& commands);
void add_doctor(Commands& commands);
void add_integrations(Commands& commands);
void add_requests(Commands& commands);
void add_payments(Commands& commands);
void add_schedule(Commands& commands);
void add_runs(Commands& commands);
void add_job(Commands& commands);
void add_reload(Commands& commands);
void add_live(Commands& commands);
void add_budget(Commands& commands);
void add_log_level(Commands& commands);
void add_suppress(Commands& commands);
void add_erase(Commands& commands);
void add_prove(Commands& commands);
void add_backfill(Commands& commands);
void add_audit(Commands& commands);
void add_verify(Commands& commands);
void add_discrepancies(Commands& commands);
void add_repair(Commands& commands);
void add_accept(Commands& commands);
void add_alarms(Commands& commands);
void add_fuse(Commands& commands);
void add_contract_kit(Commands& commands);
void add_mail(Commands& commands);
void add_completion(Commands& commands);

/// All commands, in the order of --help. A group such as `job` counts as one.
inline constexpr void (*kAllCommands[])(Commands&) = {
    add_migrate,  add_status,     add_doctor,    add_integrations, add_requests,
    add_payments, add_schedule,   add_runs,      add_job,          add_reload,
    add_live,     add_budget,     add_log_level, add_suppress,     add_erase,
    add_prove,    add_backfill,   add_audit,     add_verify,       add_discrepancies,
    add_repair,   add_accept,     add_alarms,    add_fuse,         add_contract_kit,
    add_mail,     add_completion,
};

/// `mail preview`; called by add_mail().
void add_mail_preview(Commands& mail);

}  // namespace paysync::ctl
