// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

/// SQL of onboarding commands. Every write checks the lease token and says by `false` that the
/// lease was lost.
namespace paysync::onboarding::store {

/// A claimed command. Empty strings stand for NULL.
struct Command {
    std::string command_id;
    std::int64_t token = 0;
    int attempts = 0;  ///< with this one
    std::string kind;
    std::string company;
    std::string email;
    std::string country;
    std::string account_id;    ///< named by a reconnect
    std::string confirmation;  ///< given with the second disconnect
    bool existing = false;     ///< connect an account that the company has already
    std::string state_sha256;  ///< of the state that came back from OAuth
    std::string company_name;
    bool company_enabled = false;
    std::string current_account;  ///< the company's current integration, empty without one
    std::string current_stage;
    std::string default_country;
};

/// Leases up to `limit` commands, at most the oldest unfinished one of each company, so that a
/// company's commands run one after the other.
std::vector<Command> claim_commands(pqxx::work& tx, int limit, double lease_seconds,
                                    std::string daemon_id);

void renew_command_leases(pqxx::work& tx, std::int64_t token, double lease_seconds);

/// The right to act for a command.
struct Lease {
    std::string command_id;
    std::int64_t token = 0;
};

/// Another daemon has the command now: whatever was about to be written is stale.
class LeaseLost final : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Locks the command until the transaction ends. Throws LeaseLost.
void hold(pqxx::work& tx, const Lease& lease);

/// What a command gives back to the application that asked.
struct Result {
    std::string url;  ///< for the authenticated person of the company only; never logged
    std::int64_t url_expires_at = 0;  ///< Unix seconds, 0 for none
    std::string account_id;
    std::string confirmation;  ///< token that confirms a disconnect
};

bool finish(pqxx::work& tx, std::string command_id, std::int64_t token, Result result);

/// Ends the command as failed; the texts are for the application and its user.
bool fail_command(pqxx::work& tx, std::string command_id, std::int64_t token, std::string code,
                  std::string text);

/// Queues the command again, to be tried after `delay_seconds`.
bool postpone_command(pqxx::work& tx, std::string command_id, std::int64_t token,
                      double delay_seconds, std::string code, std::string text);

/// Gives back what a stopping daemon has not finished.
void release_command_leases(pqxx::work& tx, std::int64_t token);

/// The token that an earlier `disconnect` gave out within the hour before this command was made and
/// that was not used yet; empty when there is none.
std::string pending_confirmation(pqxx::work& tx, std::string company, std::string command_id);

/// How many `reconnect` commands of the company failed within the last hour.
int recent_reconnect_failures(pqxx::work& tx, std::string company);

}  // namespace paysync::onboarding::store
