-- SPDX-License-Identifier: MIT
-- Repair: read an object in quarantine by its id; write a run down as lost or partial.

CREATE OR REPLACE VIEW pay_private.rule_22_failures_are_shown AS
SELECT q.account_id, q.object_id AS subject,
       jsonb_build_object('stream', q.stream, 'error', q.error, 'since', q.first_seen, 'attempts', q.attempts) AS evidence, true AS judged
  FROM pay_private.quarantine q WHERE q.first_seen < now() - interval '1 day'
UNION ALL
SELECT '', r.run_id::text,
       jsonb_build_object('job', r.job, 'state', r.state, 'failed', r.failed, 'alive_until', r.alive_until), true
  FROM pay_private.run r
 WHERE r.state = 'ok' AND r.failed > 0 OR r.state = 'running' AND r.alive_until < now() - interval '2 minutes';
COMMENT ON VIEW pay_private.rule_22_failures_are_shown IS
    'Failures are shown: no object stays in quarantine for a day, and no run that failed or died is called ok or running.';

CREATE OR REPLACE FUNCTION pay_private.rule_22_step(d pay_private.discrepancy) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT CASE WHEN d.evidence ? 'job' THEN 'correct' ELSE 'read' END
$$;
COMMENT ON FUNCTION pay_private.rule_22_step(pay_private.discrepancy) IS
    'The step that repairs it: a run is corrected, an object is read.';

CREATE OR REPLACE FUNCTION pay_private.rule_22_repair(d pay_private.discrepancy) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    IF NOT d.evidence ? 'job' THEN
        PERFORM request_reread(d.account_id, d.evidence ->> 'stream', ARRAY[d.subject]);
        RETURN true;
    END IF;
    UPDATE run r
       SET state = CASE r.state WHEN 'running' THEN 'lost' ELSE 'partial' END,
           finished_at = coalesce(r.finished_at, r.alive_until),
           reason = coalesce(r.reason, CASE r.state WHEN 'running' THEN 'its daemon ended without a word'
                                                    ELSE r.failed || ' could not be done' END)
     WHERE r.run_id = d.subject::bigint
       AND (r.state = 'running' AND r.alive_until < now() OR r.state = 'ok' AND r.failed > 0);
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.rule_22_repair(pay_private.discrepancy) IS
    'Requests that an object in quarantine is read by its id; marks a run lost whose daemon died, and partial when some of it failed.';

SELECT pay_private.add_rule('INV-22', 'rule_22_failures_are_shown',
    step_by => 'rule_22_step', repair_by => 'rule_22_repair');
