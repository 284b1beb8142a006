// SPDX-License-Identifier: MIT
#include "jobs/onboarding/observation_store.hpp"

#include "daemon/base/db/row.hpp"
#include "jobs/digest.hpp"
#include "jobs/onboarding/setting_store.hpp"
#include "jobs/onboarding/stage.hpp"

#include <pqxx/pqxx>

namespace paysync::onboarding::store {

namespace {

/// Text of the stored fields, separated by '|'.
class FieldText {
public:
    void add(const std::string& text) {
        if (!first_)
            text_ += '|';
        first_ = false;
        text_ += text;
    }
    void add(bool value) { add(std::string(value ? "true" : "false")); }
    void add(const std::optional<std::string>& text) { add(text.value_or("")); }
    void add(const std::optional<std::int64_t>& number) { add(std::to_string(number.value_or(0))); }
    void add(const std::vector<std::string>& texts) {
        std::string joined;
        for (std::size_t i = 0; i < texts.size(); ++i)
            joined += (i == 0 ? "" : ",") + texts[i];
        add(joined);
    }
    const std::string& text() const noexcept { return text_; }

private:
    bool first_ = true;
    std::string text_;
};

/// A hash over everything that is stored of an account. If it equals the stored one, nothing has to
/// be written. A change of this function writes every account once.
std::string fingerprint(const stripe::Account& account) {
    const auto& due = account.requirements;
    std::string errors;
    for (const auto& error : due.errors)
        errors += error.requirement + "=" + error.code + ";";
    FieldText fields;
    fields.add(account.charges_enabled);
    fields.add(account.payouts_enabled);
    fields.add(account.details_submitted);
    fields.add(due.currently_due);
    fields.add(due.eventually_due);
    fields.add(due.past_due);
    fields.add(due.pending_verification);
    fields.add(errors);
    fields.add(due.disabled_reason);
    fields.add(due.current_deadline);
    fields.add(account.future_requirements.current_deadline);
    fields.add(account.country);
    fields.add(account.default_currency);
    fields.add(account.statement_descriptor);
    fields.add(account.branding.primary_color);
    fields.add(account.branding.secondary_color);
    fields.add(account.branding.logo);
    fields.add(account.branding.icon);
    fields.add(account.future_requirements.currently_due);
    return sha256_hex(fields.text());
}

StageInputs stage_inputs(const stripe::Account& account, const StoredIntegration& row) {
    StageInputs inputs;
    inputs.details_submitted = account.details_submitted;
    inputs.charges_enabled = account.charges_enabled;
    inputs.payouts_enabled = account.payouts_enabled;
    inputs.currently_due = !account.requirements.currently_due.empty();
    inputs.past_due = !account.requirements.past_due.empty();
    inputs.pending_verification = !account.requirements.pending_verification.empty();
    inputs.errors = !account.requirements.errors.empty();
    inputs.due_soon =
        account.requirements.current_deadline || account.future_requirements.current_deadline;
    inputs.disabled_reason = account.requirements.disabled_reason.value_or("");
    inputs.ever_completed = row.ever_completed;
    inputs.flow_open = row.flow_open;
    return inputs;
}

/// A completed company is no longer in the form, even if its onboarding link has not expired.
DerivedStage stage_after(const stripe::Account& account, const StoredIntegration& row) {
    auto inputs = stage_inputs(account, row);
    auto derived = derive_stage(inputs);
    if (derived.stage == Stage::completed && inputs.flow_open) {
        inputs.flow_open = false;
        derived = derive_stage(inputs);
    }
    return derived;
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

/// Writes the stage, and a stage event if it differs from the stored one; returns whether it does.
bool record_stage(pqxx::work& tx, const std::string& account_id, const DerivedStage& derived,
                  const std::string& cause, const std::string& request_id,
                  const std::string& seen_before) {
    return tx
        .exec_params1(R"sql(
            SELECT pay_private.record_stage($1, $2, $3, $4, $5, nullif($6, ''), now(),
                                            nullif($7, '')::timestamptz))sql",
                      account_id, std::string(to_string(derived.stage)), derived.detail,
                      std::string(to_string(derived.blocker)), cause, request_id, seen_before)[0]
        .as<bool>();
}

}  // namespace

std::map<std::string, StoredIntegration> load_integrations(pqxx::work& tx,
                                                           const std::vector<std::string>& accounts,
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
    std::map<std::string, StoredIntegration> rows;
    for (const auto& row :
         tx.exec_params(lock ? query + " FOR UPDATE OF i" : query, text_array(accounts))) {
        StoredIntegration known;
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

Difference compare(const stripe::Account& account, const StoredIntegration& row) {
    const auto derived = stage_after(account, row);
    Difference difference;
    difference.stage = row.stage != to_string(derived.stage);
    difference.any =
        difference.stage || row.detail != derived.detail || row.hash != fingerprint(account);
    return difference;
}

std::optional<StageChange> write_if_changed(pqxx::work& tx, const stripe::Account& account,
                                            const StoredIntegration& row, const std::string& cause,
                                            const std::string& request_id) {
    if (!compare(account, row).any)
        return std::nullopt;
    const auto derived = stage_after(account, row);
    const std::string stage = to_string(derived.stage);
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
        record_shown_settings(tx, account);
    if (!record_stage(tx, account.id, derived, row.lost ? "reconnected" : cause, request_id,
                      row.seen_before))
        return std::nullopt;
    return StageChange{row.company, account.id, row.stage, stage, derived.detail};
}

}  // namespace paysync::onboarding::store
