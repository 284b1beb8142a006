-- SPDX-License-Identifier: MIT
-- The rule of the stages as a function of what was last seen, so that the database can check what the daemon wrote.

ALTER TABLE pay_private.integration
    ADD COLUMN future_deadline timestamptz,
    ADD COLUMN future_due text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN pay_private.integration.future_deadline IS 'When Stripe''s future requirements come into force.';
COMMENT ON COLUMN pay_private.integration.future_due IS 'Stripe''s requirements that will be due by future_deadline.';

CREATE FUNCTION pay_private.stage_rule(
    details_submitted boolean, charges_enabled boolean, payouts_enabled boolean, currently_due boolean, past_due boolean,
    pending_verification boolean, errors boolean, due_soon boolean, disabled_reason text, access_revoked boolean,
    ever_completed boolean, flow_open boolean, OUT stage text, OUT detail text, OUT blocker text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pay, pay_private, pg_temp AS $$
    WITH seen AS (
        SELECT coalesce(disabled_reason, '') AS reason,
               coalesce(disabled_reason, '') LIKE 'rejected.%' AS rejected,
               charges_enabled AND payouts_enabled AS enabled),
    staged AS (
        SELECT seen.*,
               CASE WHEN access_revoked THEN 'disconnected'
                    WHEN enabled AND NOT past_due AND (NOT currently_due OR ever_completed) THEN 'completed'
                    WHEN rejected THEN 'incomplete'
                    WHEN (currently_due OR past_due) AND NOT flow_open THEN 'incomplete'
                    ELSE 'pending' END AS stage,
               CASE WHEN access_revoked THEN 'disconnected'
                    WHEN rejected THEN 'rejected'
                    WHEN reason IN ('platform_paused', 'listed', 'other') THEN 'paused'
                    WHEN NOT details_submitted AND flow_open THEN 'onboarding'
                    WHEN NOT details_submitted THEN 'details_missing'
                    WHEN past_due OR errors
                         OR reason IN ('requirements.past_due', 'action_required.requested_capabilities')
                        THEN 'action_required'
                    WHEN NOT enabled AND (pending_verification
                                          OR reason IN ('under_review', 'requirements.pending_verification'))
                        THEN 'in_review'
                    WHEN NOT enabled THEN 'restricted'
                    WHEN currently_due OR due_soon THEN 'enabled_due_soon'
                    ELSE 'enabled' END AS detail
          FROM seen)
    SELECT staged.stage, staged.detail,
           CASE WHEN staged.detail IN ('rejected', 'in_review') THEN 'stripe'
                WHEN staged.detail = 'paused' AND reason = 'platform_paused' THEN 'platform'
                WHEN staged.detail = 'paused' THEN 'stripe'
                WHEN staged.detail = 'enabled' THEN 'none'
                WHEN staged.detail = 'restricted' AND NOT currently_due THEN 'stripe'
                ELSE 'merchant' END
      FROM staged
$$;
COMMENT ON FUNCTION pay_private.stage_rule(boolean, boolean, boolean, boolean, boolean, boolean, boolean, boolean, text,
                                           boolean, boolean, boolean) IS
    'Stage, finer reason and who must act, from one observation; the daemon''s derive() in SQL, and a test holds both against each other.';

CREATE VIEW pay_private.integration_rule AS
SELECT i.account_id, i.company, i.stage, i.stage_detail, i.blocker, r.stage AS rule_stage, r.detail AS rule_detail,
       r.blocker AS rule_blocker
  FROM pay_private.integration i
 CROSS JOIN LATERAL pay_private.stage_rule(
       i.details_submitted, i.charges_enabled, i.payouts_enabled, i.currently_due <> '{}', i.past_due <> '{}',
       i.pending_verification <> '{}', i.errors <> '[]', i.current_deadline IS NOT NULL OR i.future_deadline IS NOT NULL,
       i.disabled_reason, i.access = 'revoked', i.ever_completed,
       coalesce(i.flow_open_until > i.observed_at, false)) r;
COMMENT ON VIEW pay_private.integration_rule IS
    'Each integration''s stage beside the one that the rule gives for the stored observation; they are always the same.';
COMMENT ON COLUMN pay_private.integration_rule.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.integration_rule.company IS 'Whose account.';
COMMENT ON COLUMN pay_private.integration_rule.stage IS 'The stage as written.';
COMMENT ON COLUMN pay_private.integration_rule.stage_detail IS 'The finer reason as written.';
COMMENT ON COLUMN pay_private.integration_rule.blocker IS 'Who must act, as written.';
COMMENT ON COLUMN pay_private.integration_rule.rule_stage IS 'The stage by the rule.';
COMMENT ON COLUMN pay_private.integration_rule.rule_detail IS 'The finer reason by the rule.';
COMMENT ON COLUMN pay_private.integration_rule.rule_blocker IS 'Who must act, by the rule.';

CREATE FUNCTION pay_private.restage(account_id text, cause text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    rule integration_rule;
BEGIN
    SELECT r.* INTO rule FROM integration_rule r WHERE r.account_id = restage.account_id;
    RETURN record_stage(restage.account_id, rule.rule_stage, rule.rule_detail, rule.rule_blocker, restage.cause, NULL);
END $$;
COMMENT ON FUNCTION pay_private.restage(text, text) IS
    'Writes the stage that the rule gives now, after something of ours changed that it depends on; answers whether it is another one.';
