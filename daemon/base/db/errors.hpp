// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

/// Errors of the database. Jobs treat them differently: Unavailable means try again later,
/// StatementError is a bug or a conflict that a retry does not resolve.
namespace paysync::db {

/// PostgreSQL cannot be reached, closed the connection, has no free connection slot, or is
/// read-only. The transaction was not committed. Try again later.
class Unavailable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The connection broke during COMMIT, so the transaction may or may not be committed. Read the
/// rows before you write them again.
class CommitInDoubt final : public Unavailable {
public:
    using Unavailable::Unavailable;
};

/// PostgreSQL refused a statement: a constraint, a syntax error, a missing right. The transaction
/// was rolled back. what() contains the message and the SQLSTATE.
class StatementError final : public std::runtime_error {
public:
    StatementError(const std::string& message, std::string sqlstate)
        : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
    /// Five characters, such as 23505 for a unique violation. May be empty.
    const std::string& sqlstate() const noexcept { return sqlstate_; }

private:
    std::string sqlstate_;
};

}  // namespace paysync::db
