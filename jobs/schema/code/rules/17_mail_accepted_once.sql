-- SPDX-License-Identifier: MIT
-- It cannot be repaired: an operator accepts it.

CREATE OR REPLACE VIEW pay_private.rule_17_mail_accepted_once AS
SELECT coalesce(r.account_id, '') AS account_id, d.delivery_id::text AS subject,
       jsonb_build_object('request_id', d.request_id, 'accepted', count(*)) AS evidence, true AS judged
  FROM pay_private.delivery_attempt t JOIN pay_private.delivery d USING (delivery_id)
  JOIN pay.payment_request r USING (request_id)
 WHERE t.outcome = 'accepted'
 GROUP BY r.account_id, d.delivery_id HAVING count(*) > 1;
COMMENT ON VIEW pay_private.rule_17_mail_accepted_once IS
    'A mail is accepted at most once.';

SELECT pay_private.add_rule('INV-17', 'rule_17_mail_accepted_once', step => 'person');
