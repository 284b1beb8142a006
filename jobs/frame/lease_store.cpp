// SPDX-License-Identifier: MIT
#include "jobs/frame/lease_store.hpp"

#include <pqxx/pqxx>

namespace paysync::leases {

namespace {

[[noreturn]] void throw_lost(const std::string& what) {
    throw LeaseLost(what + " belongs to another daemon now");
}

}  // namespace

std::int64_t new_token(pqxx::work& tx) {
    return tx.exec1("SELECT nextval('pay_private.lease_token')")[0].as<std::int64_t>();
}

void renew(pqxx::work& tx, LeasedTable table, std::int64_t token, double seconds) {
    // A row that an application's open transaction has changed would hold up the leases of all.
    tx.exec_params0(std::string("UPDATE ") + table.name +
                        " SET leased_until = now() + make_interval(secs => $2)"
                        " WHERE ctid = ANY (ARRAY(SELECT ctid FROM " +
                        table.name + " WHERE lease_token = $1 AND " + table.in_work +
                        " FOR NO KEY UPDATE SKIP LOCKED))",
                    token, seconds);
}

void release(pqxx::work& tx, LeasedTable table, std::int64_t token) {
    std::string assignments = "leased_until = NULL, leased_by = NULL, lease_token = NULL";
    if (table.on_release)
        assignments += std::string(", ") + table.on_release;
    tx.exec_params0(std::string("UPDATE ") + table.name + " SET " + assignments +
                        " WHERE lease_token = $1 AND " + table.releasable,
                    token);
}

void lock_row(pqxx::work& tx, const LeasedTable& table, const std::string& key, std::int64_t token,
              const std::string& what) {
    const auto sql = std::string("SELECT FROM ") + table.name + " WHERE " + table.key +
                     " = $1 AND lease_token = $2 AND " + table.in_work + " FOR NO KEY UPDATE";
    if (tx.exec_params(sql, key, token).empty())
        throw_lost(what);
}

void lock_only_row(pqxx::work& tx, const LeasedTable& table, std::int64_t token,
                   const std::string& what) {
    const auto sql = std::string("SELECT FROM ") + table.name + " WHERE lease_token = $1 AND " +
                     table.in_work + " FOR NO KEY UPDATE";
    if (tx.exec_params(sql, token).empty())
        throw_lost(what);
}

}  // namespace paysync::leases
