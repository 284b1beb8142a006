-- SPDX-License-Identifier: MIT
-- An early warning before a deadline of Stripe's takes the stage of a completed integration away.

ALTER TABLE pay_private.integration
    ADD COLUMN warned_for timestamptz,
    ADD COLUMN warned_at timestamptz,
    ADD CONSTRAINT integration_warning_has_time CHECK ((warned_for IS NULL) = (warned_at IS NULL));
COMMENT ON COLUMN pay_private.integration.warned_for IS 'The deadline that is near; NULL = none is.';
COMMENT ON COLUMN pay_private.integration.warned_at IS 'Since when it has been called near.';
CREATE INDEX integration_deadline ON pay_private.integration (account_id)
 WHERE current_deadline IS NOT NULL OR future_deadline IS NOT NULL OR warned_for IS NOT NULL;
CREATE TRIGGER integration_warning_wake AFTER UPDATE OF warned_for ON pay_private.integration
    FOR EACH ROW WHEN (OLD.warned_for IS DISTINCT FROM NEW.warned_for)
    EXECUTE FUNCTION pay_private.wake('pay_stage');

CREATE FUNCTION pay_private.due_words(account_id text, deadline timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT 'Until ' || to_char(due_words.deadline AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC Stripe wants: '
           || coalesce(string_agg(DISTINCT r.words, '; '), 'more information')
           || '. Without it payments or payouts stop.'
      FROM requirements r
     WHERE r.account_id = due_words.account_id AND r.status IN ('past_due', 'currently_due', 'future_due')
       AND coalesce(r.deadline <= due_words.deadline, true)
$$;
COMMENT ON FUNCTION pay_private.due_words(text, timestamptz) IS
    'What Stripe wants of the account by the deadline, as a sentence for a person.';

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
COMMENT ON COLUMN pay.integrations.future_due IS 'Stripe''s names of what will be due by future_deadline, by rules that come into force then.';
COMMENT ON COLUMN pay.integrations.future_deadline IS 'When they do.';
COMMENT ON COLUMN pay.integrations.due_soon IS 'Whether it is completed but will not stay so unless something is given soon.';
COMMENT ON COLUMN pay.integrations.due_at IS 'Until when; NULL = nothing is due soon.';
COMMENT ON COLUMN pay.integrations.due_words IS 'What, as a sentence in English to show; NULL = nothing is due soon.';
