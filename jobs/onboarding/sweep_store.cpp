// SPDX-License-Identifier: MIT
#include "jobs/onboarding/sweep_store.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/row.hpp"
#include "jobs/onboarding/fuse_store.hpp"
#include "jobs/onboarding/observation_store.hpp"
#include "jobs/stripe/account.hpp"

#include <pqxx/pqxx>

#include <set>

namespace paysync::onboarding::store {

namespace {

void lock_sweep(pqxx::work& tx, std::int64_t token) {
    leases::lock_only_row(tx, kSweepLeases, token, "the sweep");
}

/// The accounts among these whose row was read after the sweep had read the account.
std::set<std::string> overtaken_accounts(pqxx::work& tx, const Column& accounts,
                                         const Column& reads) {
    std::set<std::string> overtaken;
    const auto rows = tx.exec_params(R"sql(
        SELECT i.account_id
          FROM unnest($1::text[], $2::timestamptz[]) AS swept (account_id, read_at)
          JOIN pay_private.integration i ON i.account_id = swept.account_id
         WHERE swept.read_at < i.observed_at)sql",
                                     accounts.literal(), reads.literal());
    for (const auto& row : rows)
        overtaken.insert(text(row[0]));
    return overtaken;
}

}  // namespace

std::int64_t claim_sweep(pqxx::work& tx, double lease_seconds, std::string daemon_id) {
    const auto rows = tx.exec_params(R"sql(
        UPDATE pay_private.sweep
           SET started_at = now(), lease_token = nextval('pay_private.lease_token'),
               leased_until = now() + make_interval(secs => $1), leased_by = $2
         WHERE leased_until IS NULL OR leased_until < now()
        RETURNING lease_token)sql",
                                     lease_seconds, daemon_id);
    if (rows.empty())
        return 0;
    tx.exec0("DELETE FROM pay_private.swept_account");
    return rows[0][0].as<std::int64_t>();
}

SweptPage store_differences(pqxx::work& tx, std::int64_t token, std::string body,
                            std::string request_id) {
    lock_sweep(tx, token);
    const auto page = stripe::parse_accounts(body);
    SweptPage swept;
    swept.rejected = static_cast<int>(page.rejected.size());
    for (const auto& account : page.items)
        swept.accounts.push_back(account.id);
    for (const auto& rejected : page.rejected)
        swept.accounts.push_back(rejected.object_id);
    const auto rows = load_integrations(tx, swept.accounts, false);
    std::vector<std::string> ids;
    std::vector<std::string> stages;
    for (const auto& account : page.items) {
        const auto row = rows.find(account.id);
        if (row == rows.end())
            continue;
        if (const auto difference = compare(account, row->second); difference.any) {
            ids.push_back(account.id);
            stages.push_back(difference.stage ? "t" : "f");
        }
    }
    if (ids.empty())
        return swept;
    tx.exec_params0(R"sql(
        INSERT INTO pay_private.swept_account (account_id, stage_changes, raw, stripe_request_id)
        SELECT w.account_id, w.stage_changes, p.item::text, $3
          FROM unnest($1::text[], $2::boolean[]) AS w (account_id, stage_changes)
          JOIN json_array_elements($4::json -> 'data') AS p (item) ON p.item ->> 'id' = w.account_id
        ON CONFLICT (account_id) DO UPDATE
           SET stage_changes = EXCLUDED.stage_changes, raw = EXCLUDED.raw,
               stripe_request_id = EXCLUDED.stripe_request_id, read_at = now())sql",
                    text_array(ids), text_array(stages), request_id, body);
    return swept;
}

std::vector<std::string> expected_accounts(pqxx::work& tx, std::string after, int limit) {
    std::vector<std::string> accounts;
    for (const auto& row : tx.exec_params(R"sql(
            SELECT i.account_id FROM pay_private.integration i
             WHERE i.account_id > $1 AND i.access = 'ok' AND i.stage <> 'disconnected'
               AND i.connected_at < (SELECT s.started_at FROM pay_private.sweep s)
             ORDER BY i.account_id LIMIT $2)sql",
                                          after, limit))
        accounts.push_back(text(row[0]));
    return accounts;
}

FuseResult evaluate_sweep(pqxx::work& tx, std::int64_t token, int missing, FuseLimits limits) {
    lock_sweep(tx, token);
    const auto changing =
        tx.exec1("SELECT count(*) FROM pay_private.swept_account WHERE stage_changes")[0].as<int>();
    const int changes = changing + missing;
    const int accounts = count_connected_accounts(tx);
    const auto reason = "a sweep would change the stage of " + std::to_string(changes) + " of " +
                        std::to_string(accounts) + " accounts, " + std::to_string(missing) +
                        " of them because Stripe did not list them";
    const auto result = check_fuse(tx, changes, accounts, reason, limits);
    if (!result.passed)
        tx.exec0("DELETE FROM pay_private.swept_account");
    return result;
}

AppliedDifferences apply_differences(pqxx::work& tx, std::int64_t token, int limit) {
    lock_sweep(tx, token);
    AppliedDifferences applied;
    const auto found = tx.exec_params(R"sql(
        DELETE FROM pay_private.swept_account
         WHERE account_id IN (SELECT account_id FROM pay_private.swept_account ORDER BY account_id LIMIT $1)
        RETURNING account_id, raw, stripe_request_id, read_at)sql",
                                      limit);
    applied.done = found.empty();
    std::vector<std::string> ids;
    Column accounts, reads;
    for (const auto& row : found) {
        ids.push_back(text(row["account_id"]));
        accounts.add(text(row["account_id"]));
        reads.add(text(row["read_at"]));
    }
    const auto rows = load_integrations(tx, ids, true);
    const auto overtaken = overtaken_accounts(tx, accounts, reads);
    for (const auto& row : found) {
        const auto known = rows.find(text(row["account_id"]));
        if (known == rows.end() || overtaken.contains(known->first))
            continue;
        if (auto change = write_if_changed(tx, stripe::parse_account(text(row["raw"])),
                                           known->second, "sweep", text(row["stripe_request_id"])))
            applied.changes.push_back(std::move(*change));
    }
    return applied;
}

void finish_sweep(pqxx::work& tx, std::int64_t token, int accounts) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.sweep
           SET proven_at = started_at, finished_at = now(), accounts = $2
         WHERE lease_token = $1)sql",
                    token, accounts);
}

}  // namespace paysync::onboarding::store
