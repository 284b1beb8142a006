// SPDX-License-Identifier: MIT
#include "jobs/onboarding/observation_store.hpp"

#include "daemon/base/db/row.hpp"
#include "jobs/digest.hpp"
#include "jobs/onboarding/setting_store.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pqxx/pqxx>

namespace paysync::onboarding::store {

namespace {

/// The digest of all that is kept of an account: equal ones mean that nothing has to be written.
std::string fingerprint(const stripe::Account& account) {
    const auto& due = account.requirements;
    std::string errors;
    for (const auto& error : due.errors)
        errors += error.requirement + "=" + error.code + ";";
    return sha256_hex(fmt::format(
        "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", account.charges_enabled,
        account.payouts_enabled, account.details_submitted, fmt::join(due.currently_due, ","),
        fmt::join(due.eventually_due, ","), fmt::join(due.past_due, ","),
        fmt::join(due.pending_verification, ","), errors, due.disabled_reason.value_or(""),
        due.current_deadline.value_or(0), account.future_requirements.current_deadline.value_or(0),
        account.country.value_or(""), account.default_currency.value_or(""),
        account.statement_descriptor.value_or(""), account.branding.primary_color.value_or(""),
        account.branding.secondary_color.value_or(""), account.branding.logo.value_or(""),
        account.branding.icon.value_or(""),
        fmt::join(account.future_requirements.currently_due, ",")));
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

/// Who is completed has left the form.
Verdict verdict_of(const stripe::Account& account, const Row& row) {
    auto seen = observation_of(account, row);
    auto verdict = derive(seen);
    if (verdict.stage == Stage::completed && seen.flow_open) {
        seen.flow_open = false;
        verdict = derive(seen);
    }
    return verdict;
}

std::string errors_json(pqxx::work& tx, const stripe::Account& account) {
    if (account.requirements.errors.empty())
        return "[]";
    std::vector<std::string> flat;
    for (const auto& error : account.requirements.errors) {
        flat.push_back(error.requirement);
        flat.push_back(error.code);
        flat.push_back(error.reason);
    }
    return text(tx.exec_params1(R"sql(
        SELECT jsonb_agg(jsonb_build_object('requirement', e[n], 'code', e[n + 1], 'reason', e[n + 2]))
          FROM (SELECT $1::text[] AS e) all_errors,
               generate_series(1, cardinality(e), 3) AS n)sql",
                                text_array(flat))[0]);
}

/// Writes the stage and, when it is another one than before, its event.
bool record_stage(pqxx::work& tx, const std::string& account_id, const Verdict& verdict,
                  const std::string& cause, const std::string& request_id,
                  const std::string& seen_before) {
    return tx
        .exec_params1(R"sql(
            SELECT pay_private.record_stage($1, $2, $3, $4, $5, nullif($6, ''), now(),
                                            nullif($7, '')::timestamptz))sql",
                      account_id, std::string(to_string(verdict.stage)), verdict.detail,
                      std::string(to_string(verdict.blocker)), cause, request_id, seen_before)[0]
        .as<bool>();
}

}  // namespace

std::map<std::string, Row> rows_of(pqxx::work& tx, const std::vector<std::string>& accounts,
                                   bool lock) {
    const std::string query = R"sql(
        SELECT i.account_id, i.company, i.stage, i.observation_hash, i.stage_detail, i.ever_completed,
               coalesce(i.flow_open_until > now(), false) AS flow_open, i.access = 'revoked' AS lost,
               EXISTS (SELECT FROM pay_private.setting s WHERE s.company = i.company) AS has_settings,
               pay_private.last_seen(i) AS seen_before
          FROM pay_private.integration i
         WHERE i.account_id = ANY($1::text[])
           AND (i.access = 'ok' AND i.stage <> 'disconnected' OR i.disconnected_by = 'diagnosis')
         ORDER BY i.account_id)sql";
    std::map<std::string, Row> rows;
    for (const auto& row :
         tx.exec_params(lock ? query + " FOR UPDATE OF i" : query, text_array(accounts))) {
        Row known;
        known.company = text(row["company"]);
        known.stage = text(row["stage"]);
        known.hash = text(row["observation_hash"]);
        known.detail = text(row["stage_detail"]);
        known.ever_completed = row["ever_completed"].as<bool>();
        known.flow_open = row["flow_open"].as<bool>();
        known.lost = row["lost"].as<bool>();
        known.has_settings = row["has_settings"].as<bool>();
        known.seen_before = text(row["seen_before"]);
        rows[text(row["account_id"])] = std::move(known);
    }
    return rows;
}

Difference compare(const stripe::Account& account, const Row& row) {
    const auto verdict = verdict_of(account, row);
    Difference difference;
    difference.stage = row.stage != to_string(verdict.stage);
    difference.any =
        difference.stage || row.detail != verdict.detail || row.hash != fingerprint(account);
    return difference;
}

std::optional<Change> write(pqxx::work& tx, const stripe::Account& account, const Row& row,
                            const std::string& cause, const std::string& request_id) {
    if (!compare(account, row).any)
        return std::nullopt;
    const auto verdict = verdict_of(account, row);
    const std::string stage = to_string(verdict.stage);
    const auto& due = account.requirements;
    tx.exec_params0(
        R"sql(
        UPDATE pay_private.integration
           SET details_submitted = $2, charges_enabled = $3, payouts_enabled = $4, currently_due = $5,
               eventually_due = $6, past_due = $7, pending_verification = $8, errors = $9::jsonb,
               disabled_reason = nullif($10, ''), current_deadline = to_timestamp(nullif($11::bigint, 0)),
               country = nullif($12, ''), default_currency = nullif($13, ''), observed_at = now(),
               observed_request_id = $14, observation_hash = $15,
               future_deadline = to_timestamp(nullif($16::bigint, 0)), future_due = $18, access = 'ok', disconnected_by = NULL,
               flow_open_until = CASE WHEN $17 <> 'completed' THEN flow_open_until END
         WHERE account_id = $1)sql",
        account.id, account.details_submitted, account.charges_enabled, account.payouts_enabled,
        text_array(due.currently_due), text_array(due.eventually_due), text_array(due.past_due),
        text_array(due.pending_verification), errors_json(tx, account),
        due.disabled_reason.value_or(""), due.current_deadline.value_or(0),
        account.country.value_or(""), account.default_currency.value_or(""), request_id,
        fingerprint(account), account.future_requirements.current_deadline.value_or(0), stage,
        text_array(account.future_requirements.currently_due));
    if (row.has_settings)
        note_settings(tx, account);
    if (!record_stage(tx, account.id, verdict, row.lost ? "reconnected" : cause, request_id,
                      row.seen_before))
        return std::nullopt;
    return Change{row.company, account.id, row.stage, stage, verdict.detail};
}

}  // namespace paysync::onboarding::store
