-- SPDX-License-Identifier: MIT
-- A day after an account was connected, each of its streams has coverage.
-- Repair: create the stream, or let it run now.

CREATE OR REPLACE VIEW pay_private.rule_02_every_stream_exists AS
SELECT r.account_id, k.stream AS subject,
       jsonb_build_object('stream', k.stream, 'connected_at', r.connected_at) AS evidence, true AS judged
  FROM pay_private.readable_account r
 CROSS JOIN pay_private.stream_kind k
 WHERE NOT k.of_platform AND r.connected_at < now() - interval '1 day'
   AND NOT EXISTS (SELECT FROM pay_private.coverage c WHERE c.account_id = r.account_id AND c.stream = k.stream);
COMMENT ON VIEW pay_private.rule_02_every_stream_exists IS
    'Every readable account has every stream.';

CREATE OR REPLACE FUNCTION pay_private.rule_02_repair(d pay_private.discrepancy) RETURNS boolean
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    INSERT INTO stream (account_id, stream) VALUES (d.account_id, d.subject)
    ON CONFLICT (account_id, stream) DO UPDATE SET next_run_at = now(), watermark = NULL;
    SELECT true;
$$;
COMMENT ON FUNCTION pay_private.rule_02_repair(pay_private.discrepancy) IS
    'Creates the missing stream, or makes it due at once and forgets how far it was read.';

SELECT pay_private.add_rule('INV-02', 'rule_02_every_stream_exists', step => 'walk', repair_by => 'rule_02_repair');
