// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>

/// SQL of leases, the same for every table whose rows several daemons share: commands, the sweep,
/// deliveries, streams.
///
/// A lease is a claim that ends by itself. The claiming statement stands in the table's own store,
/// because each table has other rules about which rows are due. It sets three columns:
///
/// - `leased_until`: until when no other daemon may claim the row, by the database's clock;
/// - `leased_by`: the daemon, for people who look;
/// - `lease_token`: a number from one sequence that only grows. A token belongs to one claim, which
///   may cover several rows.
///
/// The token is the fence. Example: daemon A claims a command with token 17, then hangs for two
/// minutes. Its lease ends, daemon B claims the command with token 18 and finishes it. When A wakes
/// up, each of its writes says `lease_token = 17`, finds no row and changes nothing.
namespace paysync::leases {

/// A table with the three columns. Stores define one constant each, for example:
///     constexpr LeasedTable kSweepLeases{.name = "pay_private.sweep"};
/// The members are SQL from constants of the program, never from data.
struct LeasedTable {
    const char* name;
    /// Column that names a row; needed by lock_row() only.
    const char* key = nullptr;
    /// Which rows are still worked on; only they are renewed and locked.
    const char* in_work = "true";
    /// Which rows a stopping daemon releases. nullptr: none, because the work itself releases them
    /// and also sets other columns, for example the time when the row is due again.
    const char* releasable = "true";
    /// Further columns that a release sets, for example `state = 'queued'`; nullptr for nothing.
    const char* on_release = nullptr;
};

/// The row belongs to another daemon, or is finished: the caller's write is outdated and must not
/// happen. The transaction is rolled back.
class LeaseLost final : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A token for a new claim, greater than every earlier one.
std::int64_t new_token(pqxx::work& tx);

/// Extends all leases with this token: they end `seconds` after the database's now. Leaves out rows
/// that another transaction has locked.
void renew(pqxx::work& tx, LeasedTable table, std::int64_t token, double seconds);

/// Ends the leases with this token, so that any daemon can claim the rows at once.
void release(pqxx::work& tx, LeasedTable table, std::int64_t token);

/// Locks one row until the transaction ends, so that the lease cannot be lost meanwhile. `what`
/// names the row in the error. Throws LeaseLost.
void lock_row(pqxx::work& tx, const LeasedTable& table, const std::string& key, std::int64_t token,
              const std::string& what);

/// As lock_row(), for a table with a single row.
void lock_only_row(pqxx::work& tx, const LeasedTable& table, std::int64_t token,
                   const std::string& what);

}  // namespace paysync::leases
