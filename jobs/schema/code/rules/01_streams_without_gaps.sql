-- SPDX-License-Identifier: MIT
-- A gap in the coverage, a stream that is two hours late (not in an account's first day), or one that failed for a day.
-- Repair: list what is in the gap again, and let the stream run now.

CREATE OR REPLACE VIEW pay_private.rule_01_streams_without_gaps AS
SELECT s.account_id, s.stream AS subject,
       jsonb_build_object('stream', s.stream, 'coverage_gaps', h.gaps::text, 'due_since', s.next_run_at,
                          'failing_since', s.failing_since, 'error', s.last_error) AS evidence, true AS judged
  FROM pay_private.stream s
  LEFT JOIN pay_private.coverage_gap h USING (account_id, stream)
 WHERE (s.account_id = '' OR s.account_id IN (SELECT account_id FROM pay_private.readable_account))
   AND (NOT isempty(h.gaps)
        OR s.next_run_at < now() - interval '2 hours' AND (
               s.account_id = '' OR s.account_id IN (SELECT account_id FROM pay_private.readable_account
                                                      WHERE connected_at < now() - interval '1 day'))
        OR s.failing_since < now() - interval '1 day');
COMMENT ON VIEW pay_private.rule_01_streams_without_gaps IS
    'Every stream is read without a gap in its coverage, and in time.';

CREATE OR REPLACE FUNCTION pay_private.rule_01_repair(d pay_private.discrepancy) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    PERFORM request_walk(d.account_id, d.subject, lower(r), upper(r))
       FROM coverage_gap h CROSS JOIN unnest(h.gaps) r
      WHERE h.account_id = d.account_id AND h.stream = d.subject;
    UPDATE stream s SET next_run_at = now() WHERE s.account_id = d.account_id AND s.stream = d.subject;
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.rule_01_repair(pay_private.discrepancy) IS
    'Requests a new walk over each gap of the stream; the stream is due at once.';

SELECT pay_private.add_rule('INV-01', 'rule_01_streams_without_gaps', step => 'walk', repair_by => 'rule_01_repair');
