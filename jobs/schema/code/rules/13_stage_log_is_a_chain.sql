-- SPDX-License-Identifier: MIT
-- Events of one account count from 1 without gaps, each begins where the one before ended, and the last one is the stage. After
-- a repair the events from the restart on count; the second branch finds a restart that no event followed.
-- Repair: restart the log with the stage that the rule gives now. The old events are kept.

CREATE OR REPLACE VIEW pay_private.rule_13_stage_log_is_a_chain AS
SELECT e.account_id, e.account_id AS subject,
       jsonb_build_object('seq', e.seq, 'from', e.from_stage, 'was', e.before) AS evidence, true AS judged
  FROM (SELECT *, lag(to_stage) OVER w AS before, lag(seq) OVER w AS seq_before
          FROM pay_private.stage_event WINDOW w AS (PARTITION BY account_id ORDER BY seq)) e
 WHERE (e.from_stage IS DISTINCT FROM e.before OR e.seq <> coalesce(e.seq_before, 0) + 1 OR e.from_stage = e.to_stage)
   AND NOT EXISTS (SELECT FROM pay_private.latest_restart n
                    WHERE n.history = 'stage_event' AND n.account_id = e.account_id
                      AND (e.seq < n.first OR e.seq = n.first AND e.from_stage IS NULL))
UNION ALL
SELECT n.account_id, n.account_id, jsonb_build_object('seq', n.first, 'from', NULL, 'was', NULL), true
  FROM pay_private.latest_restart n
 WHERE n.history = 'stage_event'
   AND NOT EXISTS (SELECT FROM pay_private.stage_event e WHERE e.account_id = n.account_id AND e.seq >= n.first)
UNION ALL
SELECT i.account_id, i.account_id, jsonb_build_object('stage', i.stage, 'log', l.to_stage), true
  FROM pay_private.integration i
  LEFT JOIN LATERAL (SELECT e.to_stage FROM pay_private.stage_event e
                      WHERE e.account_id = i.account_id ORDER BY e.seq DESC LIMIT 1) l ON true
 WHERE i.stage IS DISTINCT FROM l.to_stage;
COMMENT ON VIEW pay_private.rule_13_stage_log_is_a_chain IS
    'The log of stages is an unbroken chain that ends at the stage.';

CREATE OR REPLACE FUNCTION pay_private.rule_13_repair(d pay_private.discrepancy) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    last_seq bigint;
BEGIN
    -- restage() locks the integration, and writes the end of the log if only that was missing.
    PERFORM restage(d.account_id, 'repair');
    IF NOT EXISTS (SELECT FROM rule_13_stage_log_is_a_chain v WHERE v.judged AND v.account_id = d.account_id) THEN
        RETURN true;
    END IF;
    SELECT max(e.seq) INTO last_seq FROM stage_event e WHERE e.account_id = d.account_id;
    INSERT INTO history_restart (history, account_id, subject, first, discrepancy_id)
    VALUES ('stage_event', d.account_id, d.account_id, last_seq + 1, d.discrepancy_id)
    ON CONFLICT DO NOTHING;
    INSERT INTO stage_event (account_id, seq, to_stage, detail, cause)
    SELECT i.account_id, last_seq + 1, i.stage, i.stage_detail, 'repair' FROM integration i WHERE i.account_id = d.account_id;
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.rule_13_repair(pay_private.discrepancy) IS
    'Restarts a broken log of stages with the stage that the rule gives now.';

SELECT pay_private.add_rule('INV-13', 'rule_13_stage_log_is_a_chain',
    step => 'log anew', repair_by => 'rule_13_repair');
