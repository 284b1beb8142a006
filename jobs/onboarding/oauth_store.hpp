// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/onboarding/command_store.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// SQL of OAuth: states (`pay_private.oauth_state`) and authorization codes
/// (`pay_private.oauth_code`). A state is a random text in the URL of Stripe's consent page. Stripe
/// returns it with the code, and so proves that the code belongs to this company's request. Only
/// the SHA-256 of a state is stored.
namespace paysync::onboarding::store {

/// A state that a `complete_oauth` command may use.
struct OAuthState {
    std::string sha256;
    std::string email;         ///< of the command that created the state
    std::string only_account;  ///< the account that the owner must choose; empty = any
    std::string account_id;    ///< the account that Stripe returned for the code; empty = unknown
    bool spent = false;        ///< this command has spent the code already, in an earlier attempt
};

/// Stores a new state of the command; states of its earlier attempts are deleted. Returns when it
/// expires (Unix seconds). `only_account` may be empty.
std::int64_t create_state(pqxx::work& tx, CommandLease lease, std::string company,
                          std::string email, std::string only_account, std::string sha256,
                          double lifetime_seconds);

/// The company's states that this command may use: those that it has used itself, and unused ones
/// that had not expired when the command was inserted.
std::vector<OAuthState> usable_states(pqxx::work& tx, std::string company, std::string command_id);

/// Marks the state as used by the command, deletes the code from the database and returns it.
/// Committed before the code is sent to Stripe, so a code is never sent twice. Returns "" and
/// changes nothing if there is no code or the state is used.
std::string spend_code(pqxx::work& tx, CommandLease lease, std::string sha256);

/// Undoes spend_code(), because Stripe refused the call before it examined the code.
void return_code(pqxx::work& tx, CommandLease lease, std::string sha256, std::string code);

/// Stores the account that Stripe returned for the code.
void record_exchange(pqxx::work& tx, CommandLease lease, std::string sha256,
                     std::string account_id);

}  // namespace paysync::onboarding::store
