// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// Numbered forward-only migrations.
namespace paysync::db {

/// One step, from a file `NNNN_name.sql`; `-- breaking` as its first line says that older binaries
/// must not run on a database that has it.
struct Migration {
    int version;
    std::string_view name;
    std::string_view sql;
    bool breaking;
};

/// Reads number, name and the breaking mark. Numbers ascend; they may leave gaps, which is where
/// branches that were written side by side meet. Throws std::invalid_argument for a bad name, or a
/// number that is not greater than the one before.
std::vector<Migration> migrations_from(
    const std::vector<std::pair<std::string_view, std::string_view>>& files);

/// What a database has, compared with what this binary knows.
struct SchemaState {
    int applied = 0;           ///< the newest version in the database, 0 when it has none
    int known = 0;             ///< the newest version in this binary
    std::vector<int> missing;  ///< versions of this binary that the database lacks
    bool newer_breaking =
        false;  ///< the database is ahead by a step that this binary cannot live with
    bool usable() const noexcept { return missing.empty() && !newer_breaking; }
};

/// The numbers of `migrations`, as schema_state() takes them.
std::vector<int> versions_of(const std::vector<Migration>& migrations);

/// Reads the version table without creating it; `known` ascends. Throws StatementError when the
/// role may not.
SchemaState schema_state(pqxx::work& tx, const std::vector<int>& known);

/// Applies what is missing, in order, one transaction each, and calls `report` before each step;
/// with `dry_run` only reports. Several migrators at once are fine: the version row goes in first,
/// so the second waits and finds nothing to do. Throws StatementError naming the file, or
/// Unavailable.
void migrate(const std::string& conninfo, const std::vector<Migration>& migrations, bool dry_run,
             const std::function<void(const Migration&)>& report);

}  // namespace paysync::db
