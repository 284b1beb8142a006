// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/frame/lease_store.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// SQL of onboarding commands: rows of `pay.command`, inserted by applications.
///
///     queued -> running -> done | failed
///                  \-> queued (again, with a later run_after)
///
/// CommandsJob claims due commands, CommandExecutor executes them, and finish_command(),
/// fail_command() or retry_command_later() ends the claim. Each of these writes checks the lease
/// and returns false if another daemon has claimed the command meanwhile.
namespace paysync::onboarding::store {

using leases::LeaseLost;

/// A stopping daemon queues its running commands again at once.
inline constexpr leases::LeasedTable kCommandLeases{.name = "pay.command",
                                                    .key = "command_id",
                                                    .in_work = "state = 'running'",
                                                    .releasable = "state = 'running'",
                                                    .on_release = "state = 'queued'"};

/// The claim of one command. Every write for the command carries it.
struct CommandLease {
    std::string command_id;
    std::int64_t token = 0;
};

/// A claimed command with what its execution needs to know. Empty strings stand for NULL.
struct Command {
    std::string command_id;
    std::int64_t token = 0;
    int attempts = 0;  ///< including this one
    std::string kind;  ///< connect, complete_oauth, manage, finalize, refresh, disconnect, …
    std::string company;
    std::string email;
    std::string country;
    std::string account_id;    ///< the account that a `reconnect` names
    std::string confirmation;  ///< the token that a second `disconnect` brings
    bool existing = false;     ///< `connect`: an account that the company already has
    std::string state_sha256;  ///< `complete_oauth`: hash of the state that came back
    std::string company_name;
    bool company_enabled = false;
    std::string current_account;  ///< account of the company's current integration
    std::string current_stage;    ///< and its stage
    std::string default_country;  ///< of the company

    CommandLease lease() const { return {command_id, token}; }
};

/// Claims up to `limit` due commands for `lease_seconds`. Of each company only the oldest
/// unfinished command is claimed, so the commands of a company run one after the other. All claimed
/// commands have the same token.
std::vector<Command> claim_commands(pqxx::work& tx, int limit, double lease_seconds,
                                    std::string daemon_id);

/// Locks the command until the transaction ends. Alone in a transaction it only checks the lease,
/// before a call to Stripe that cannot be undone. Throws LeaseLost.
void lock_command(pqxx::work& tx, const CommandLease& lease);

/// The result of a command, for the application that inserted it.
struct CommandResult {
    std::string url;  ///< only for the authenticated person of the company; never logged
    std::int64_t url_expires_at = 0;  ///< Unix seconds; 0 = none
    std::string account_id;
    std::string confirmation;  ///< token that confirms a disconnect
};

bool finish_command(pqxx::work& tx, CommandLease lease, CommandResult result);

/// Ends the command as failed. `code` is for the application, `text` for its user.
bool fail_command(pqxx::work& tx, CommandLease lease, std::string code, std::string text);

/// Queues the command again, due in `delay_seconds`. `code` and `text` are shown meanwhile.
bool retry_command_later(pqxx::work& tx, CommandLease lease, double delay_seconds, std::string code,
                         std::string text);

/// The token that the company's last `disconnect` returned within the hour before this command and
/// that no later `disconnect` has used; empty if there is none.
std::string pending_confirmation(pqxx::work& tx, std::string company, std::string command_id);

/// Number of failed `reconnect` commands of the company in the last hour.
int recent_reconnect_failures(pqxx::work& tx, std::string company);

}  // namespace paysync::onboarding::store
