-- SPDX-License-Identifier: MIT
-- The views of integrations for applications: stage, requirements, deadlines, history.

CREATE OR REPLACE FUNCTION pay_private.store_requirements() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    WITH wanted AS (
        SELECT DISTINCT ON (w.requirement) w.requirement, w.status,
               CASE w.status WHEN 'currently_due' THEN NEW.current_deadline
                             WHEN 'future_due' THEN NEW.future_deadline END AS deadline
          FROM (SELECT unnest(NEW.past_due) AS requirement, 'past_due' AS status, 1 AS urgency
                UNION ALL SELECT unnest(NEW.currently_due), 'currently_due', 2
                UNION ALL SELECT unnest(NEW.pending_verification), 'pending_verification', 3
                UNION ALL SELECT unnest(NEW.future_due), 'future_due', 4
                UNION ALL SELECT unnest(NEW.eventually_due), 'eventually_due', 5) w
         ORDER BY w.requirement, w.urgency),
    told AS (
        SELECT w.*, e.error ->> 'code' AS error_code, e.error ->> 'reason' AS error_reason
          FROM wanted w
          LEFT JOIN LATERAL (SELECT error FROM jsonb_array_elements(NEW.errors) error
                              WHERE error ->> 'requirement' = w.requirement LIMIT 1) e ON true),
    kept AS (
        INSERT INTO requirement AS r (account_id, requirement, status, deadline, error_code, error_reason,
                                      first_seen_at, last_seen_at)
        SELECT NEW.account_id, t.requirement, t.status, t.deadline, t.error_code, t.error_reason, now(), now()
          FROM told t
        ON CONFLICT (account_id, requirement) DO UPDATE
           SET status = EXCLUDED.status, deadline = EXCLUDED.deadline, error_code = EXCLUDED.error_code,
               error_reason = EXCLUDED.error_reason, last_seen_at = EXCLUDED.last_seen_at, met_at = NULL,
               -- A requirement that was met and is due again is a new one.
               first_seen_at = CASE WHEN r.status = 'met' THEN EXCLUDED.first_seen_at ELSE r.first_seen_at END)
    UPDATE requirement r
       SET status = 'met', met_at = now(), error_code = NULL, error_reason = NULL
     WHERE r.account_id = NEW.account_id AND r.status <> 'met'
       AND NOT EXISTS (SELECT FROM wanted w WHERE w.requirement = r.requirement);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.store_requirements() IS
    'Trigger: updates the rows of requirement from the account''s lists.';

CREATE OR REPLACE TRIGGER integration_requirements
    AFTER UPDATE OF currently_due, past_due, pending_verification, future_due, eventually_due, errors,
                    current_deadline, future_deadline
    ON pay_private.integration
    FOR EACH ROW WHEN (
        (OLD.currently_due, OLD.past_due, OLD.pending_verification, OLD.future_due, OLD.eventually_due, OLD.errors,
         OLD.current_deadline, OLD.future_deadline)
        IS DISTINCT FROM
        (NEW.currently_due, NEW.past_due, NEW.pending_verification, NEW.future_due, NEW.eventually_due, NEW.errors,
         NEW.current_deadline, NEW.future_deadline))
    EXECUTE FUNCTION pay_private.store_requirements();

CREATE OR REPLACE VIEW pay.requirements AS
SELECT i.company, r.account_id, r.requirement, coalesce(w.topic, 'other') AS topic,
       coalesce(w.words, 'More information: ' || replace(replace(r.requirement, '.', ', '), '_', ' ')) AS words,
       r.status, CASE WHEN r.status = 'pending_verification' THEN 'stripe'
                      WHEN r.status = 'met' THEN 'none' ELSE 'merchant' END AS awaiting,
       r.deadline, r.error_code, r.error_reason, r.first_seen_at, r.last_seen_at, r.met_at
  FROM pay_private.requirement r
  JOIN pay_private.integration i USING (account_id)
  LEFT JOIN LATERAL (SELECT x.topic, x.words FROM pay_private.requirement_word x
                      WHERE r.requirement LIKE x.pattern ORDER BY x.position LIMIT 1) w ON true;
COMMENT ON VIEW pay.requirements IS
    'Requirements of Stripe for each company: in plain words, with the deadline and the party that must act.';
COMMENT ON COLUMN pay.requirements.company IS 'The company.';
COMMENT ON COLUMN pay.requirements.account_id IS 'Its Stripe account.';
COMMENT ON COLUMN pay.requirements.requirement IS 'Stripe''s name of it.';
COMMENT ON COLUMN pay.requirements.topic IS 'business, identity, public_profile, bank, terms or other; a heading to show it under.';
COMMENT ON COLUMN pay.requirements.words IS 'The requirement in plain words, in English.';
COMMENT ON COLUMN pay.requirements.status IS 'past_due, currently_due, pending_verification, future_due (by rules to come), eventually_due or met.';
COMMENT ON COLUMN pay.requirements.awaiting IS 'The party that must act: merchant, stripe or none.';
COMMENT ON COLUMN pay.requirements.deadline IS 'Until when it must be given; NULL = Stripe says none.';
COMMENT ON COLUMN pay.requirements.error_code IS 'Why what was sent is refused, for programs; NULL = it is not.';
COMMENT ON COLUMN pay.requirements.error_reason IS 'Why what was sent is refused, in Stripe''s words.';
COMMENT ON COLUMN pay.requirements.first_seen_at IS 'When it was first wanted.';
COMMENT ON COLUMN pay.requirements.last_seen_at IS 'When an observation that was written last had it.';
COMMENT ON COLUMN pay.requirements.met_at IS 'When it was found to be wanted no longer.';

CREATE OR REPLACE FUNCTION pay_private.due_words(account_id text, deadline timestamptz) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
    SELECT 'Until ' || to_char(due_words.deadline AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC Stripe wants: '
           || coalesce(string_agg(DISTINCT r.words, '; '), 'more information')
           || '. Without it payments or payouts stop.'
      FROM requirements r
     WHERE r.account_id = due_words.account_id AND r.status IN ('past_due', 'currently_due', 'future_due')
       AND coalesce(r.deadline <= due_words.deadline, true)
$$;
COMMENT ON FUNCTION pay_private.due_words(text, timestamptz) IS
    'The requirements of an account that are due by a deadline, as a sentence for people.';

CREATE OR REPLACE VIEW pay.integrations AS
SELECT co.company, co.name, co.enabled, i.account_id, i.livemode, i.origin, i.stage, i.stage_detail, i.blocker,
       i.details_submitted, i.charges_enabled, i.payouts_enabled, i.currently_due, i.past_due, i.eventually_due,
       i.pending_verification, i.errors, i.disabled_reason, i.current_deadline, i.country, i.default_currency,
       i.ever_completed, i.observed_at, i.next_check_at, i.connected_at, i.disconnected_at,
       co.enabled AND (i.stage IS NULL OR i.stage = 'disconnected') AS can_connect,
       co.enabled AND coalesce(i.stage <> 'disconnected' AND coalesce(i.disabled_reason, '') NOT LIKE 'rejected.%', false)
           AS can_manage,
       co.enabled AND coalesce(i.stage = 'completed', false) AS can_disconnect,
       co.enabled AND coalesce(i.stage = 'disconnected', false) AS can_reconnect,
       i.future_due, i.future_deadline,
       coalesce(i.stage = 'completed' AND i.warned_for IS NOT NULL, false) AS due_soon,
       CASE WHEN i.stage = 'completed' THEN i.warned_for END AS due_at,
       CASE WHEN i.stage = 'completed' AND i.warned_for IS NOT NULL
            THEN pay_private.due_words(i.account_id, i.warned_for) END AS due_words
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
COMMENT ON COLUMN pay.integrations.blocker IS 'The party that must act next: merchant, stripe, platform or none.';
COMMENT ON COLUMN pay.integrations.details_submitted IS 'As Stripe says: the person finished the form.';
COMMENT ON COLUMN pay.integrations.charges_enabled IS 'As Stripe says: the account can take payments.';
COMMENT ON COLUMN pay.integrations.payouts_enabled IS 'As Stripe says: the account can be paid out.';
COMMENT ON COLUMN pay.integrations.currently_due IS 'Stripe''s names of what is due by current_deadline.';
COMMENT ON COLUMN pay.integrations.past_due IS 'Stripe''s names of what is overdue.';
COMMENT ON COLUMN pay.integrations.eventually_due IS 'Stripe''s names of what will be due some day.';
COMMENT ON COLUMN pay.integrations.pending_verification IS 'Stripe''s names of what it is checking.';
COMMENT ON COLUMN pay.integrations.errors IS 'Requirements that Stripe rejected and why, as Stripe''s JSON list.';
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
COMMENT ON COLUMN pay.integrations.future_due IS 'Stripe''s names of what will be due by future_deadline, by rules that come into force then.';
COMMENT ON COLUMN pay.integrations.future_deadline IS 'When they do.';
COMMENT ON COLUMN pay.integrations.due_soon IS 'Whether it is completed but will not stay so unless something is given soon.';
COMMENT ON COLUMN pay.integrations.due_at IS 'Until when; NULL = nothing is due soon.';
COMMENT ON COLUMN pay.integrations.due_words IS 'What, as a sentence in English to show; NULL = nothing is due soon.';

CREATE OR REPLACE TRIGGER integration_warning_wake AFTER UPDATE OF warned_for ON pay_private.integration
    FOR EACH ROW WHEN (OLD.warned_for IS DISTINCT FROM NEW.warned_for)
    EXECUTE FUNCTION pay_private.wake('pay_stage');

CREATE OR REPLACE FUNCTION pay_private.last_seen(i pay_private.integration) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    -- A sweep does not write accounts that it found unchanged, but it has read them.
    SELECT greatest(i.observed_at, i.hot_read_before,
                    CASE WHEN d.account_id IS NULL THEN s.proven_at ELSE d.listed_before END)
      FROM (SELECT max(w.proven_at) AS proven_at FROM sweep w WHERE w.proven_at > i.connected_at) s
      LEFT JOIN suspicion d ON d.account_id = i.account_id
$$;
COMMENT ON FUNCTION pay_private.last_seen(pay_private.integration) IS
    'When the stored state of the account was last read from Stripe; NULL = never.';

CREATE OR REPLACE VIEW pay.stage_history AS
SELECT i.company, e.account_id, e.seq, e.from_stage, e.to_stage, e.detail AS stage_detail, e.cause,
       e.stripe_request_id, e.observed_at, e.observed_at - e.seen_before AS noticed_within
  FROM pay_private.stage_event e JOIN pay_private.integration i USING (account_id);
COMMENT ON VIEW pay.stage_history IS 'Every change of every integration''s stage.';
COMMENT ON COLUMN pay.stage_history.company IS 'The company.';
COMMENT ON COLUMN pay.stage_history.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay.stage_history.seq IS 'Counts from 1 for each account.';
COMMENT ON COLUMN pay.stage_history.to_stage IS 'Stage after.';
COMMENT ON COLUMN pay.stage_history.stage_detail IS 'The finer reason at that moment.';
COMMENT ON COLUMN pay.stage_history.cause IS 'The read that noticed the change.';
COMMENT ON COLUMN pay.stage_history.stripe_request_id IS 'Stripe''s Request-Id of the answer that proves it.';
COMMENT ON COLUMN pay.stage_history.observed_at IS 'When Stripe gave that answer.';
COMMENT ON COLUMN pay.stage_history.noticed_within IS
    'The change was noticed at most this long after it happened; NULL for the first stage and for changes of our own making.';
COMMENT ON COLUMN pay.stage_history.from_stage IS 'The stage before; NULL for the first, and where a repair began the log anew.';

CREATE OR REPLACE VIEW pay.stage_detection AS
SELECT e.to_stage, e.cause, count(*) AS changes,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY e.observed_at - e.seen_before) AS half_within,
       percentile_disc(0.99) WITHIN GROUP (ORDER BY e.observed_at - e.seen_before) AS almost_all_within,
       max(e.observed_at - e.seen_before) AS all_within
  FROM pay_private.stage_event e
 WHERE e.seen_before IS NOT NULL AND e.observed_at > now() - interval '30 days'
 GROUP BY e.to_stage, e.cause;
COMMENT ON VIEW pay.stage_detection IS 'How late changes of stages were noticed in the last 30 days, by the read that noticed them.';
COMMENT ON COLUMN pay.stage_detection.to_stage IS 'The new stage.';
COMMENT ON COLUMN pay.stage_detection.cause IS 'The read that noticed the changes: hot, sweep, diagnosis or a command.';
COMMENT ON COLUMN pay.stage_detection.changes IS 'How many changes.';
COMMENT ON COLUMN pay.stage_detection.half_within IS 'Half of them were noticed within this time.';
COMMENT ON COLUMN pay.stage_detection.almost_all_within IS '99 of 100 were noticed within this time.';
COMMENT ON COLUMN pay.stage_detection.all_within IS 'All were noticed within this time.';
