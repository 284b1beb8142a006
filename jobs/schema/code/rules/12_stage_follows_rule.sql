-- SPDX-License-Identifier: MIT
-- Repair: write the stage that the rule gives now.

CREATE OR REPLACE VIEW pay_private.rule_12_stage_follows_rule AS
SELECT i.account_id, i.account_id AS subject,
       jsonb_build_object('stage', i.stage, 'rule', i.rule_stage) AS evidence, true AS judged
  FROM pay_private.integration_rule i
 WHERE (i.stage, i.stage_detail, i.blocker) IS DISTINCT FROM (i.rule_stage, i.rule_detail, i.rule_blocker);
COMMENT ON VIEW pay_private.rule_12_stage_follows_rule IS
    'The stage is a function of what was observed.';

CREATE OR REPLACE FUNCTION pay_private.rule_12_repair(d pay_private.discrepancy) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    PERFORM restage(d.account_id, 'repair');
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.rule_12_repair(pay_private.discrepancy) IS 'Writes the stage that the rule gives now.';

SELECT pay_private.add_rule('INV-12', 'rule_12_stage_follows_rule', step => 'restage', repair_by => 'rule_12_repair');
