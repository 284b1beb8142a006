// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/migrator.hpp"

#include <string>

namespace paysync::schema {

/// The schema of this binary: `pay` (public contract) and `pay_private`; see README.md here.
const db::Schema& current();

/// The schema of the database, compared with current().
db::SchemaState state(pqxx::work& tx);

/// Why this binary cannot work with such a database; empty when it can. See db::schema_problem().
std::string problem(const db::SchemaState& state);

}  // namespace paysync::schema
