// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/onboarding/command_store.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// SQL of OAuth: the states that were given out, and the codes that came back for them. A state is
/// known by its SHA-256 only.
namespace paysync::onboarding::store {

/// A state that a `complete_oauth` command may still bring, or has already spent.
struct OAuthState {
    std::string sha256;
    std::string email;         ///< given with the command that gave it out
    std::string only_account;  ///< the account that it is for; empty = any
    std::string account_id;    ///< what Stripe gave for the code; empty = not known
    bool spent = false;        ///< by this very command, in an earlier try
};

/// Stores a new state of the command, in place of those of its earlier tries, and yields when it
/// expires (Unix seconds). `only_account` may be empty.
std::int64_t keep_state(pqxx::work& tx, Lease lease, std::string company, std::string email,
                        std::string only_account, std::string sha256, double lifetime_seconds);

/// The company's states that were neither spent by another command nor expired when this command
/// was made.
std::vector<OAuthState> open_states(pqxx::work& tx, std::string company, std::string command_id);

/// The mark before the exchange: the state is spent by the command from now on, and its code is
/// taken out of the database. Yields the code; empty, and nothing is done, when there is none.
std::string spend_code(pqxx::work& tx, Lease lease, std::string sha256);

/// Takes the mark back, because Stripe did not look at the code.
void return_code(pqxx::work& tx, Lease lease, std::string sha256, std::string code);

/// Notes the account that Stripe gave for the code.
void exchanged(pqxx::work& tx, Lease lease, std::string sha256, std::string account_id);

}  // namespace paysync::onboarding::store
