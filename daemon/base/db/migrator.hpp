// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Brings a database's schema up to what this binary carries.
///
/// The schema is kept as its current state, in files of five kinds (jobs/schema/README.md):
/// `roles.sql` and `tables/` make an empty database; `upgrades/` change the tables of one that was
/// made by an earlier release; `code/` and `grants.sql` hold what can be replaced at any time
/// (functions, views, triggers, rights) and are applied again whenever any of them changed.
namespace paysync::db {

/// A file by its path below jobs/schema, for example `tables/charge.sql`.
struct SchemaFile {
    std::string name;
    std::string_view sql;
};

/// A change of tables since an earlier release, from `upgrades/NNNN_name.sql`. A file whose first
/// line is `-- breaking` says that older binaries must not run on a database that has it.
struct SchemaUpgrade {
    std::string name;  ///< `NNNN_name`
    SchemaFile file;
    bool breaking;
};

/// The schema that one binary carries.
struct Schema {
    std::string version;  ///< of the binary, for example 0.1.0
    std::vector<SchemaFile> roles;
    std::vector<SchemaFile> tables;
    std::vector<SchemaFile> code;  ///< with grants.sql as the last
    std::vector<SchemaUpgrade> upgrades;
    std::string code_hash;  ///< of names and texts of `code`
};

/// Sorts files by their paths and keeps their order. Throws std::invalid_argument for a path that
/// is of no kind, and for upgrades whose numbers do not ascend. Numbers may leave gaps, which is
/// where branches that were written side by side meet.
Schema schema_from(std::string version,
                   const std::vector<std::pair<std::string_view, std::string_view>>& files);

/// The schema of a database, compared with that of a binary.
struct SchemaState {
    /// empty: neither schema exists. obsolete: made before releases, by a layout that has no
    /// upgrades. foreign: a schema `pay` or `pay_private` of somebody else. damaged: the record of
    /// what was migrated lacks a table or a row, or cannot be read.
    enum class Made { empty, obsolete, foreign, damaged, present };

    Made made = Made::empty;
    std::string damage;                ///< of a damaged one: what is wrong, as a clause
    std::vector<std::string> missing;  ///< upgrades of this binary that the database lacks
    std::string unknown;    ///< the last upgrade of a newer binary, empty when there is none
    bool breaking = false;  ///< one of those is marked as breaking
    std::string version;    ///< which version applied the code
    bool same_code = false;
    bool newer = false;  ///< a newer binary migrated it: its code stays as it is

    /// Whether the binary can work with the database. One that a newer binary migrated is fine, as
    /// long as no upgrade was breaking.
    bool usable() const noexcept;
};

/// Reads the bookkeeping without creating it. Throws StatementError when the role may not.
SchemaState schema_state(pqxx::work& tx, const Schema& schema);

/// Why a binary cannot work with the database and what to do, as the end of a sentence that begins
/// with a subject and a colon; empty for a usable one.
std::string schema_problem(const SchemaState& state, const std::string& version);

/// A database that `migrate` leaves alone: obsolete, foreign, damaged, of a newer binary, or not
/// encoded in UTF8.
class MigrationRefused final : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The steps that `migrate` has to take.
struct MigrationPlan {
    bool empty = false;
    std::vector<const SchemaUpgrade*> upgrades;
    bool code = false;
    bool nothing() const noexcept { return !empty && upgrades.empty() && !code; }
};

/// In one transaction and under a lock: an empty database gets roles, tables, code and rights, with
/// all upgrades marked as done; another one gets the upgrades that it lacks. If anything ran, or
/// the code differs from what was applied last, the code is applied again: every object is replaced
/// in its place, so a change of a view's columns has to be prepared by an upgrade that drops the
/// view, and a view of somebody else's that depends on it stops everything with its name.
///
/// `report` is called with the plan before anything is changed, again when a deadlock makes the
/// transaction start anew; with `dry_run` that is all. Several migrators at once are fine: the
/// second waits and finds nothing to do. Throws StatementError that names file and line,
/// MigrationRefused, or Unavailable.
void migrate(const std::string& conninfo, const Schema& schema, bool dry_run,
             const std::function<void(const MigrationPlan&)>& report);

}  // namespace paysync::db
