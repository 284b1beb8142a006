-- SPDX-License-Identifier: MIT
-- What applications see of integrations.

CREATE VIEW pay.integrations AS
SELECT co.company, co.name, co.enabled, i.account_id, i.livemode, i.origin, i.stage, i.stage_detail, i.blocker,
       i.details_submitted, i.charges_enabled, i.payouts_enabled, i.currently_due, i.past_due, i.eventually_due,
       i.pending_verification, i.errors, i.disabled_reason, i.current_deadline, i.country, i.default_currency,
       i.ever_completed, i.observed_at, i.next_check_at, i.connected_at, i.disconnected_at,
       co.enabled AND (i.stage IS NULL OR i.stage = 'disconnected') AS can_connect,
       co.enabled AND coalesce(i.stage <> 'disconnected' AND coalesce(i.disabled_reason, '') NOT LIKE 'rejected.%', false)
           AS can_manage,
       co.enabled AND coalesce(i.stage = 'completed', false) AS can_disconnect,
       co.enabled AND coalesce(i.stage = 'disconnected', false) AS can_reconnect
  FROM pay.company co
  LEFT JOIN LATERAL (SELECT * FROM pay_private.integration x WHERE x.company = co.company
                      ORDER BY x.current DESC, x.connected_at DESC LIMIT 1) i ON true;
COMMENT ON VIEW pay.integrations IS
    'One row per company: its Stripe integration, the current one or else the last, and which buttons an application shows.';
COMMENT ON COLUMN pay.integrations.company IS 'The company.';
COMMENT ON COLUMN pay.integrations.name IS 'Its name.';
COMMENT ON COLUMN pay.integrations.enabled IS 'Whether the platform lets it use payments.';
COMMENT ON COLUMN pay.integrations.account_id IS 'Its Stripe account; NULL = never connected.';
COMMENT ON COLUMN pay.integrations.livemode IS 'Whether the account belongs to Stripe''s live mode.';
COMMENT ON COLUMN pay.integrations.origin IS 'new = made by us, existing = the company had it before.';
COMMENT ON COLUMN pay.integrations.stage IS 'pending, incomplete, completed or disconnected; NULL = never connected.';
COMMENT ON COLUMN pay.integrations.stage_detail IS 'The finer reason of the stage.';
COMMENT ON COLUMN pay.integrations.blocker IS 'Who must act next: merchant, stripe, platform or none.';
COMMENT ON COLUMN pay.integrations.details_submitted IS 'As Stripe says: the person finished the form.';
COMMENT ON COLUMN pay.integrations.charges_enabled IS 'As Stripe says: the account can take payments.';
COMMENT ON COLUMN pay.integrations.payouts_enabled IS 'As Stripe says: the account can be paid out.';
COMMENT ON COLUMN pay.integrations.currently_due IS 'Stripe''s names of what is due by current_deadline.';
COMMENT ON COLUMN pay.integrations.past_due IS 'Stripe''s names of what is overdue.';
COMMENT ON COLUMN pay.integrations.eventually_due IS 'Stripe''s names of what will be due some day.';
COMMENT ON COLUMN pay.integrations.pending_verification IS 'Stripe''s names of what it is checking.';
COMMENT ON COLUMN pay.integrations.errors IS 'What Stripe rejected and why, as Stripe''s JSON list.';
COMMENT ON COLUMN pay.integrations.disabled_reason IS 'Stripe''s reason for taking abilities away.';
COMMENT ON COLUMN pay.integrations.current_deadline IS 'Until when currently_due must be given.';
COMMENT ON COLUMN pay.integrations.country IS 'Country of the account.';
COMMENT ON COLUMN pay.integrations.default_currency IS 'Settlement currency of the account.';
COMMENT ON COLUMN pay.integrations.ever_completed IS 'Whether it was ever completed.';
COMMENT ON COLUMN pay.integrations.observed_at IS 'When Stripe last answered about it.';
COMMENT ON COLUMN pay.integrations.next_check_at IS 'When the daemon looks next by itself while somebody is working on it; else with the sweep.';
COMMENT ON COLUMN pay.integrations.connected_at IS 'When the company connected it.';
COMMENT ON COLUMN pay.integrations.disconnected_at IS 'When it was disconnected.';
COMMENT ON COLUMN pay.integrations.can_connect IS 'Whether to show Connect.';
COMMENT ON COLUMN pay.integrations.can_manage IS 'Whether to show Manage; never for an account that Stripe rejected.';
COMMENT ON COLUMN pay.integrations.can_disconnect IS 'Whether to show Disconnect: once completed.';
COMMENT ON COLUMN pay.integrations.can_reconnect IS 'Whether to ask for account id and e-mail address to reconnect.';

CREATE VIEW pay.stage_history AS
SELECT i.company, e.account_id, e.seq, e.from_stage, e.to_stage, e.detail AS stage_detail, e.cause,
       e.stripe_request_id, e.observed_at
  FROM pay_private.stage_event e JOIN pay_private.integration i USING (account_id);
COMMENT ON VIEW pay.stage_history IS 'Every change of every integration''s stage.';
COMMENT ON COLUMN pay.stage_history.company IS 'The company.';
COMMENT ON COLUMN pay.stage_history.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay.stage_history.seq IS 'Counts from 1 for each account.';
COMMENT ON COLUMN pay.stage_history.from_stage IS 'Stage before; NULL for the first.';
COMMENT ON COLUMN pay.stage_history.to_stage IS 'Stage after.';
COMMENT ON COLUMN pay.stage_history.stage_detail IS 'The finer reason at that moment.';
COMMENT ON COLUMN pay.stage_history.cause IS 'What made the daemon look.';
COMMENT ON COLUMN pay.stage_history.stripe_request_id IS 'Stripe''s Request-Id of the answer that proves it.';
COMMENT ON COLUMN pay.stage_history.observed_at IS 'When Stripe gave that answer.';
