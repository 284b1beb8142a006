// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace paysync::db {

/// PostgreSQL cannot be reached, or dropped us, or only reads: nothing was changed, try again
/// later.
class Unavailable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The answer to COMMIT was lost: the change may or may not be there. Read before writing again.
class CommitInDoubt final : public Unavailable {
public:
    using Unavailable::Unavailable;
};

/// A statement failed for a reason of its own; what() names the message and the SQLSTATE.
class StatementError final : public std::runtime_error {
public:
    StatementError(const std::string& message, std::string sqlstate)
        : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
    const std::string& sqlstate() const noexcept { return sqlstate_; }

private:
    std::string sqlstate_;
};

}  // namespace paysync::db
