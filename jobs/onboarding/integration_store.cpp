// SPDX-License-Identifier: MIT
#include "jobs/onboarding/integration_store.hpp"

#include "jobs/digest.hpp"
#include "jobs/row.hpp"
#include "jobs/stripe/account.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pqxx/pqxx>

#include <map>

namespace paysync::onboarding::store {

namespace {

/// What the database knows of an integration before a read.
struct Row {
    std::string company;
    std::string stage;  ///< empty while the row is being adopted
    std::string hash;
    std::string detail;
    bool ever_completed = false;
    bool flow_open = false;
};

/// The digest of all that is kept of an account: equal ones mean that nothing has to be written.
std::string fingerprint(const stripe::Account& account) {
    const auto& due = account.requirements;
    std::string errors;
    for (const auto& error : due.errors)
        errors += error.requirement + "=" + error.code + ";";
    return sha256_hex(fmt::format(
        "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", account.charges_enabled, account.payouts_enabled,
        account.details_submitted, fmt::join(due.currently_due, ","),
        fmt::join(due.eventually_due, ","), fmt::join(due.past_due, ","),
        fmt::join(due.pending_verification, ","), errors, due.disabled_reason.value_or(""),
        due.current_deadline.value_or(0), account.future_requirements.current_deadline.value_or(0),
        account.country.value_or(""), account.default_currency.value_or("")));
}

Observation observation_of(const stripe::Account& account, const Row& row) {
    Observation seen;
    seen.details_submitted = account.details_submitted;
    seen.charges_enabled = account.charges_enabled;
    seen.payouts_enabled = account.payouts_enabled;
    seen.currently_due = !account.requirements.currently_due.empty();
    seen.past_due = !account.requirements.past_due.empty();
    seen.pending_verification = !account.requirements.pending_verification.empty();
    seen.errors = !account.requirements.errors.empty();
    seen.due_soon =
        account.requirements.current_deadline || account.future_requirements.current_deadline;
    seen.disabled_reason = account.requirements.disabled_reason.value_or("");
    seen.ever_completed = row.ever_completed;
    seen.flow_open = row.flow_open;
    return seen;
}

std::string errors_json(pqxx::work& tx, const stripe::Account& account) {
    std::vector<std::string> flat;
    for (const auto& error : account.requirements.errors) {
        flat.push_back(error.requirement);
        flat.push_back(error.code);
        flat.push_back(error.reason);
    }
    return text(tx.exec_params1(R"sql(
        SELECT coalesce(jsonb_agg(jsonb_build_object('requirement', e[n], 'code', e[n + 1], 'reason', e[n + 2])),
                        '[]')
          FROM (SELECT $1::text[] AS e) all_errors,
               generate_series(1, cardinality(e), 3) AS n)sql",
                                text_array(flat))[0]);
}

/// Writes the stage and, when it is another one than before, its event.
bool record_stage(pqxx::work& tx, const std::string& account_id, const Verdict& verdict,
                  const std::string& cause, const std::string& request_id) {
    return tx
        .exec_params1("SELECT pay_private.record_stage($1, $2, $3, $4, $5, nullif($6, ''))",
                      account_id, std::string(to_string(verdict.stage)), verdict.detail,
                      std::string(to_string(verdict.blocker)), cause, request_id)[0]
        .as<bool>();
}

/// Writes the account when it differs from the row, and its stage event when the stage does.
std::optional<Change> write(pqxx::work& tx, const stripe::Account& account, const Row& row,
                            const std::string& cause, const std::string& request_id) {
    const auto verdict = derive(observation_of(account, row));
    const std::string stage = to_string(verdict.stage);
    const auto hash = fingerprint(account);
    if (row.hash == hash && row.stage == stage && row.detail == verdict.detail)
        return std::nullopt;
    const auto& due = account.requirements;
    tx.exec_params0(
        R"sql(
        UPDATE pay_private.integration
           SET details_submitted = $2, charges_enabled = $3, payouts_enabled = $4, currently_due = $5,
               eventually_due = $6, past_due = $7, pending_verification = $8, errors = $9::jsonb,
               disabled_reason = nullif($10, ''), current_deadline = to_timestamp(nullif($11::bigint, 0)),
               country = nullif($12, ''), default_currency = nullif($13, ''), observed_at = now(),
               observed_request_id = $14, observation_hash = $15
         WHERE account_id = $1)sql",
        account.id, account.details_submitted, account.charges_enabled, account.payouts_enabled,
        text_array(due.currently_due), text_array(due.eventually_due), text_array(due.past_due),
        text_array(due.pending_verification), errors_json(tx, account),
        due.disabled_reason.value_or(""), due.current_deadline.value_or(0),
        account.country.value_or(""), account.default_currency.value_or(""), request_id, hash);
    if (!record_stage(tx, account.id, verdict, cause, request_id))
        return std::nullopt;
    return Change{row.company, account.id, row.stage, stage, verdict.detail};
}

/// The rows of these accounts that a read may change, locked in a fixed order.
std::map<std::string, Row> rows_of(pqxx::work& tx, const std::vector<std::string>& accounts) {
    std::map<std::string, Row> rows;
    for (const auto& row : tx.exec_params(R"sql(
            SELECT account_id, company, stage, observation_hash, stage_detail, ever_completed,
                   coalesce(flow_open_until > now(), false)
              FROM pay_private.integration
             WHERE account_id = ANY($1::text[]) AND access = 'ok' AND stage <> 'disconnected'
             ORDER BY account_id FOR UPDATE)sql",
                                          text_array(accounts)))
        rows[text(row[0])] = Row{text(row[1]), text(row[2]),      text(row[3]),
                                 text(row[4]), row[5].as<bool>(), row[6].as<bool>()};
    return rows;
}

Observed observe(pqxx::work& tx, const std::vector<stripe::Account>& accounts,
                 const std::string& cause, const std::string& request_id) {
    std::vector<std::string> ids;
    for (const auto& account : accounts)
        ids.push_back(account.id);
    Observed observed;
    observed.accounts = static_cast<int>(accounts.size());
    const auto rows = rows_of(tx, ids);
    for (const auto& account : accounts)
        if (const auto row = rows.find(account.id); row != rows.end())
            if (auto change = write(tx, account, row->second, cause, request_id))
                observed.changes.push_back(std::move(*change));
    return observed;
}

}  // namespace

Observed observe_page(pqxx::work& tx, std::string body, std::string cause, std::string request_id) {
    const auto page = stripe::parse_accounts(body);
    auto observed = observe(tx, page.items, cause, request_id);
    observed.rejected = static_cast<int>(page.rejected.size());
    observed.has_more = page.has_more;
    observed.last_account = page.last_id;
    return observed;
}

Observed observe_account(pqxx::work& tx, std::string body, std::string cause,
                         std::string request_id) {
    return observe(tx, {stripe::parse_account(body)}, cause, request_id);
}

Observed adopt(pqxx::work& tx, Lease lease, std::string company, std::string body, bool livemode,
               std::string origin, std::string email_of_record, std::string cause,
               std::string request_id) {
    hold(tx, lease);
    const auto account = stripe::parse_account(body);
    tx.exec_params0(R"sql(
        UPDATE pay_private.integration SET current = false
         WHERE company = $1 AND current AND account_id <> $2)sql",
                    company, account.id);
    const auto before = tx.exec_params(R"sql(
        SELECT stage, ever_completed FROM pay_private.integration WHERE account_id = $1 FOR UPDATE)sql",
                                       account.id);
    tx.exec_params0(R"sql(
        INSERT INTO pay_private.integration
               (account_id, company, livemode, origin, current, stage, stage_detail, blocker, access,
                email_of_record, account_created_at, connected_at)
        VALUES ($1, $2, $3, $4, true, 'pending', 'not_started', 'merchant', 'ok', nullif($5, ''),
                to_timestamp($6), now())
        ON CONFLICT (account_id) DO UPDATE
           SET current = true, access = 'ok', connected_at = now())sql",
                    account.id, company, livemode, origin, email_of_record,
                    account.created.value_or(0));
    Row row;
    row.company = company;
    row.flow_open = origin == "new";  // its first onboarding link is the next step
    if (!before.empty()) {
        row.stage = text(before[0][0]);
        row.ever_completed = before[0][1].as<bool>();
    }
    Observed observed;
    observed.accounts = 1;
    observed.last_account = account.id;
    if (auto change = write(tx, account, row, cause, request_id))
        observed.changes.push_back(std::move(*change));
    return observed;
}

void flow_opened(pqxx::work& tx, Lease lease, std::string account_id, std::int64_t expires_at) {
    hold(tx, lease);
    tx.exec_params0(R"sql(
        UPDATE pay_private.integration SET flow_open_until = to_timestamp($2::bigint), next_check_at = now()
         WHERE account_id = $1)sql",
                    account_id, expires_at);
}

void heat(pqxx::work& tx, std::string account_id, double seconds) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.integration
           SET hot_until = greatest(hot_until, now() + make_interval(secs => $2)), next_check_at = now()
         WHERE account_id = $1)sql",
                    account_id, seconds);
}

std::vector<std::string> claim_hot(pqxx::work& tx, int limit, double seconds) {
    const auto rows = tx.exec_params(R"sql(
        UPDATE pay_private.integration SET next_check_at = now() + make_interval(secs => $2)
         WHERE account_id IN (SELECT account_id FROM pay_private.integration
                               WHERE access = 'ok' AND hot_until > now() AND next_check_at <= now()
                               ORDER BY next_check_at LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING account_id)sql",
                                     limit, seconds);
    std::vector<std::string> accounts;
    for (const auto& row : rows)
        accounts.push_back(text(row[0]));
    return accounts;
}

void disconnect(pqxx::work& tx, Lease lease, std::string account_id, std::string cause) {
    hold(tx, lease);
    Verdict disconnected;
    disconnected.stage = Stage::disconnected;
    disconnected.detail = "disconnected";
    record_stage(tx, account_id, disconnected, cause, "");
    tx.exec_params0(R"sql(
        UPDATE pay_private.integration
           SET access = 'revoked', hot_until = NULL, flow_open_until = NULL, observation_hash = NULL
         WHERE account_id = $1)sql",
                    account_id);
    tx.exec_params0(R"sql(
        UPDATE pay_private.payment_link SET wanted_active = false, deactivation_reason = 'disconnected'
         WHERE account_id = $1 AND wanted_active)sql",
                    account_id);
}

int live_links(pqxx::work& tx, std::string account_id) {
    return tx
        .exec_params1(
            "SELECT count(*) FROM pay_private.payment_link "
            "WHERE account_id = $1 AND active AND attempts < 5",
            account_id)[0]
        .as<int>();
}

std::optional<Known> find(pqxx::work& tx, std::string company, std::string account_id) {
    const auto rows = tx.exec_params(R"sql(
        SELECT account_id, email_of_record, stage FROM pay_private.integration
         WHERE company = $1 AND account_id = $2)sql",
                                     company, account_id);
    if (rows.empty())
        return std::nullopt;
    return Known{text(rows[0][0]), text(rows[0][1]), text(rows[0][2])};
}

}  // namespace paysync::onboarding::store
