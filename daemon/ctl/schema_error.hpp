// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/errors.hpp"

#include <string>

namespace paysync::ctl {

class Session;

/// The text of an error of PostgreSQL for an operator. If a command asked for a table or function
/// that the database does not have, or may not be used, the cause is often the whole schema: it was
/// not made yet, is that of another version, or the role is no member of pay_operator. The database
/// is asked for that then, so that a command that succeeds costs no statement more.
///
///     relation "pay.company" does not exist
///     -> the database has no schema of paysync: run 'paysyncctl migrate'
///
/// Returns the text of `error` if it has another cause, or if the database cannot be asked.
std::string explained(const db::StatementError& error, Session& session);

}  // namespace paysync::ctl
