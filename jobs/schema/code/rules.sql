-- SPDX-License-Identifier: MIT
-- The rules of verify: each row of pay_private.violation breaks one. Where two streams tell of the same money, a rule waits
-- until both were read.

CREATE OR REPLACE VIEW pay_private.invariant AS
SELECT * FROM (VALUES
    ('INV-01', 'Every stream is read without a hole, and in time.'),
    ('INV-02', 'Every readable account has every stream.'),
    ('INV-03', 'Every ledger row: net = amount - fee, and the parts of the fee add up.'),
    ('INV-04', 'A captured charge has its ledger row.'),
    ('INV-05', 'A ledger row of a charge, refund or payout has its object, and what the platform took of a charge is its fee.'),
    ('INV-06', 'The refunds of a charge add up to what it says was refunded, and to no more than was taken.'),
    ('INV-07', 'What is in an automatic payout adds up to its amount.'),
    ('INV-08', 'The whole ledger adds up to the balance.'),
    ('INV-09', 'History only goes forward, and each version names the answer that proved it.'),
    ('INV-10', 'A charge is as the newest version of its history.'),
    ('INV-11', 'A charge does not leave succeeded or failed.'),
    ('INV-12', 'The stage is a function of what was observed.'),
    ('INV-13', 'The log of stages is an unbroken chain that ends at the stage.'),
    ('INV-14', 'A disconnected account is quiet.'),
    ('INV-15', 'A request''s state is what its charges say, in its own currency and mode.'),
    ('INV-16', 'A finished request has no link that works.'),
    ('INV-17', 'A mail is accepted at most once.'),
    ('INV-18', 'Nothing stays in transmission longer than its lease.'),
    ('INV-19', 'No mail carried a link that was off.'),
    ('INV-20', 'Amounts keep to Stripe''s rules for their currency.'),
    ('INV-21', 'Test and live never meet in one account.'),
    ('INV-22', 'What could not be read, or was not done, is not called well: no object stays in quarantine for a day, and no run that failed or died is ok or running.'),
    ('INV-23', 'A repair is closed only by a later check, and a discrepancy only with words.'),
    ('INV-24', 'A payout or balance that does not add up is a discrepancy.')) AS v (invariant, words);
COMMENT ON VIEW pay_private.invariant IS 'The rules that pay_private.violation checks, in words.';
COMMENT ON COLUMN pay_private.invariant.invariant IS 'Name of the rule.';
COMMENT ON COLUMN pay_private.invariant.words IS 'What must be true.';

CREATE OR REPLACE VIEW pay_private.payout_sum AS
SELECT p.account_id, p.payout_id, p.currency, p.amount, p.itemised_at,
       coalesce(sum(b.net) FILTER (WHERE b.type <> 'payout'), 0)::bigint AS items,
       count(*) FILTER (WHERE b.type <> 'payout') AS rows,
       count(*) FILTER (WHERE b.currency <> p.currency) AS foreign_rows
  FROM pay_private.payout p
  LEFT JOIN pay_private.balance_transaction b
         ON b.account_id = p.account_id AND b.payout_id = p.payout_id AND b.gone_at IS NULL
 WHERE p.itemised_at IS NOT NULL AND p.gone_at IS NULL
 GROUP BY p.account_id, p.payout_id;
COMMENT ON VIEW pay_private.payout_sum IS 'Itemised payouts beside the sum of what is in them.';
COMMENT ON COLUMN pay_private.payout_sum.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.payout_sum.payout_id IS 'The payout.';
COMMENT ON COLUMN pay_private.payout_sum.currency IS 'Its currency.';
COMMENT ON COLUMN pay_private.payout_sum.amount IS 'What went to the bank, in minor units.';
COMMENT ON COLUMN pay_private.payout_sum.itemised_at IS 'When the list of what is in it was read.';
COMMENT ON COLUMN pay_private.payout_sum.items IS 'Sum of the net of its ledger rows, in minor units.';
COMMENT ON COLUMN pay_private.payout_sum.rows IS 'How many ledger rows are in it.';
COMMENT ON COLUMN pay_private.payout_sum.foreign_rows IS 'How many of them are in another currency.';

-- A ledger row bears Stripe's clock and a balance ours: the sum is looked for within two minutes of the moment. Accounts that
-- were adopted, or whose ledger is not known from its beginning, are judged by what moved since a balance that stood still.
CREATE OR REPLACE VIEW pay_private.balance_sum AS
WITH judged AS (
    SELECT DISTINCT ON (s.account_id, s.currency) s.account_id, s.currency, s.taken_at, s.available + s.pending AS balance,
           c.span, i.origin = 'new' AND lower(c.span) <= i.account_created_at AS whole
      FROM pay_private.balance_snapshot s
      JOIN pay_private.integration i USING (account_id)
      JOIN pay_private.coverage c
        ON c.account_id = s.account_id AND c.stream = 'balance_transactions' AND c.span @> s.taken_at
     ORDER BY s.account_id, s.currency, s.taken_at DESC),
based AS (
    SELECT j.*, CASE WHEN j.whole THEN '-infinity' ELSE f.taken_at + interval '2 minutes' END AS since,
           CASE WHEN j.whole THEN 0 ELSE f.balance END AS base
      FROM judged j
      LEFT JOIN LATERAL (
           SELECT s.taken_at, s.available + s.pending AS balance FROM pay_private.balance_snapshot s
            WHERE s.account_id = j.account_id AND s.currency = j.currency AND s.taken_at >= lower(j.span)
              AND s.taken_at < j.taken_at AND s.seen_at >= s.taken_at + interval '4 minutes'
            ORDER BY s.taken_at LIMIT 1) f ON NOT j.whole
     WHERE j.whole OR f.taken_at IS NOT NULL)
SELECT b.account_id, b.currency, b.taken_at, b.balance,
       CASE WHEN b.balance = b.base + t.early OR b.balance IN (
                     SELECT b.base + t.early + sum(r.net) OVER (ORDER BY r.created)
                       FROM pay_private.balance_transaction r
                      WHERE r.account_id = b.account_id AND r.currency = b.currency AND r.gone_at IS NULL
                        AND coalesce(r.balance_type, 'payments') = 'payments' AND r.created > b.since
                        AND r.created > b.taken_at - interval '2 minutes'
                        AND r.created <= b.taken_at + interval '2 minutes')
            THEN b.balance ELSE (b.base + t.until_then)::bigint END AS ledger
  FROM based b
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(r.net), 0) AS until_then,
              coalesce(sum(r.net) FILTER (WHERE r.created <= b.taken_at - interval '2 minutes'), 0) AS early
         FROM pay_private.balance_transaction r
        WHERE r.account_id = b.account_id AND r.currency = b.currency AND r.gone_at IS NULL
          AND coalesce(r.balance_type, 'payments') = 'payments'
          AND r.created > b.since AND r.created <= b.taken_at) t;
COMMENT ON VIEW pay_private.balance_sum IS
    'The newest balance of each account and currency that the proof of its ledger has passed, beside what the ledger says.';
COMMENT ON COLUMN pay_private.balance_sum.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.balance_sum.currency IS 'The currency.';
COMMENT ON COLUMN pay_private.balance_sum.taken_at IS 'When Stripe gave the balance.';
COMMENT ON COLUMN pay_private.balance_sum.balance IS 'What Stripe says, available and pending, in minor units.';
COMMENT ON COLUMN pay_private.balance_sum.ledger IS 'What our ledger rows say, in minor units.';

CREATE OR REPLACE VIEW pay_private.violation AS
WITH readable AS (
    SELECT * FROM pay_private.integration WHERE access = 'ok' AND stage <> 'disconnected'),
settled AS (
    SELECT * FROM readable WHERE connected_at < now() - interval '1 day'),
read_until AS (
    SELECT account_id, stream, last_completed_at FROM pay_private.stream),
-- Since when there is no hole: what is older than the horizon, or still being read, is not expected.
known_from AS (
    SELECT DISTINCT ON (account_id, stream) account_id, stream, lower(span) AS since
      FROM pay_private.coverage ORDER BY account_id, stream, upper(span) DESC),
newest_start AS (
    SELECT DISTINCT ON (chain, account_id, subject) *
      FROM pay_private.chain_start ORDER BY chain, account_id, subject, discrepancy_id DESC)
SELECT 'INV-01' AS invariant, s.account_id, s.stream AS subject,
       jsonb_build_object('stream', s.stream, 'holes', h.holes::text, 'due_since', s.next_run_at,
                          'failing_since', s.failing_since, 'error', s.last_error) AS evidence
  FROM pay_private.stream s
  LEFT JOIN pay_private.hole h USING (account_id, stream)
 WHERE (s.account_id = '' OR s.account_id IN (SELECT account_id FROM readable))
   AND (NOT isempty(h.holes)
        OR s.next_run_at < now() - interval '2 hours' AND (
               s.account_id = '' OR s.account_id IN (SELECT account_id FROM settled))
        OR s.failing_since < now() - interval '1 day')
UNION ALL
SELECT 'INV-02', r.account_id, k.stream, jsonb_build_object('stream', k.stream, 'connected_at', r.connected_at)
  FROM readable r
 CROSS JOIN unnest(ARRAY['charges', 'refunds', 'disputes', 'balance_transactions', 'payouts']) AS k (stream)
 WHERE r.connected_at < now() - interval '1 day'
   AND NOT EXISTS (SELECT FROM pay_private.coverage c WHERE c.account_id = r.account_id AND c.stream = k.stream)
UNION ALL
SELECT 'INV-03', b.account_id, b.balance_transaction_id,
       jsonb_build_object('amount', b.amount, 'fee', b.fee, 'net', b.net, 'fee_parts', f.parts)
  FROM pay_private.balance_transaction b
 CROSS JOIN LATERAL (SELECT coalesce(sum(p.amount), 0) AS parts FROM pay_private.balance_transaction_fee p
                      WHERE p.account_id = b.account_id AND p.balance_transaction_id = b.balance_transaction_id) f
 WHERE (b.net <> b.amount - b.fee OR b.fee <> f.parts) AND b.gone_at IS NULL
UNION ALL
SELECT 'INV-04', c.account_id, c.charge_id, jsonb_build_object('created', c.created, 'ledger_row', c.balance_transaction_id)
  FROM pay_private.charge c
 WHERE c.status = 'succeeded' AND c.captured AND c.created < now() - interval '24 hours' AND c.gone_at IS NULL
   AND NOT EXISTS (SELECT FROM pay_private.balance_transaction b
                    WHERE b.account_id = c.account_id AND b.balance_transaction_id = c.balance_transaction_id)
UNION ALL
SELECT 'INV-05', b.account_id, b.balance_transaction_id,
       jsonb_build_object('type', b.type, 'source_id', b.source_id, 'created', b.created)
  FROM pay_private.balance_transaction b
  JOIN (VALUES ('charge', 'charges'), ('payment', 'charges'), ('refund', 'refunds'), ('payment_refund', 'refunds'),
               ('payout', 'payouts')) AS k (type, stream) ON k.type = b.type
  JOIN known_from f ON f.account_id = b.account_id AND f.stream = k.stream AND f.since < b.created - interval '1 day'
  JOIN read_until u ON u.account_id = b.account_id AND u.stream = k.stream AND u.last_completed_at > b.read_at
 WHERE NOT EXISTS (SELECT FROM pay_private.charge c WHERE c.account_id = b.account_id AND c.charge_id = b.source_id)
   AND NOT EXISTS (SELECT FROM pay_private.refund r WHERE r.account_id = b.account_id AND r.refund_id = b.source_id)
   AND NOT EXISTS (SELECT FROM pay_private.payout p WHERE p.account_id = b.account_id AND p.payout_id = b.source_id)
   AND b.gone_at IS NULL
UNION ALL
SELECT 'INV-05', b.account_id, b.balance_transaction_id,
       jsonb_build_object('type', b.type, 'source_id', b.source_id, 'amount', b.amount, 'object', o.amount)
  FROM pay_private.balance_transaction b
  JOIN (VALUES ('charge', 'charges'), ('payment', 'charges'), ('refund', 'refunds'), ('payment_refund', 'refunds'),
               ('payout', 'payouts')) AS k (type, stream) ON k.type = b.type
  JOIN read_until u ON u.account_id = b.account_id AND u.stream = k.stream AND u.last_completed_at > b.read_at
 CROSS JOIN LATERAL (
       SELECT c.amount_captured AS amount, c.currency, c.next_check_at FROM pay_private.charge c
        WHERE k.stream = 'charges' AND c.account_id = b.account_id AND c.charge_id = b.source_id AND c.gone_at IS NULL
          AND c.balance_transaction_id = b.balance_transaction_id AND c.status = 'succeeded' AND c.captured
       UNION ALL
       SELECT -r.amount, r.currency, r.next_check_at FROM pay_private.refund r
        WHERE k.stream = 'refunds' AND r.account_id = b.account_id AND r.refund_id = b.source_id AND r.gone_at IS NULL
       UNION ALL
       SELECT -p.amount, p.currency, NULL FROM pay_private.payout p
        WHERE k.stream = 'payouts' AND p.account_id = b.account_id AND p.payout_id = b.source_id AND p.gone_at IS NULL) o
 WHERE b.exchange_rate IS NULL AND b.currency = o.currency AND b.amount <> o.amount AND b.gone_at IS NULL
   AND (o.next_check_at IS NULL OR o.next_check_at > now())
UNION ALL
SELECT 'INV-05', c.account_id, c.charge_id,
       jsonb_build_object('application_fee_amount', c.application_fee_amount, 'fees', f.amount, 'created', c.created)
  FROM pay_private.charge c
  JOIN known_from k ON k.account_id = '' AND k.stream = 'application_fees' AND k.since < c.created - interval '1 day'
  JOIN read_until u ON u.account_id = '' AND u.stream = 'application_fees' AND u.last_completed_at > c.read_at
 CROSS JOIN LATERAL (SELECT coalesce(sum(n.amount), 0) AS amount FROM pay_private.application_fee n
                      WHERE n.charged_account_id = c.account_id AND n.charge_id = c.charge_id AND n.gone_at IS NULL) f
 WHERE c.application_fee_amount > 0 AND c.status = 'succeeded' AND c.captured AND c.gone_at IS NULL
   AND c.application_fee_amount <> f.amount
UNION ALL
SELECT 'INV-06', c.account_id, c.charge_id,
       jsonb_build_object('amount_refunded', c.amount_refunded, 'refunds', r.amount, 'captured', c.amount_captured)
  FROM pay_private.charge c
  JOIN known_from f ON f.account_id = c.account_id AND f.stream = 'refunds' AND f.since <= c.created
  JOIN read_until u ON u.account_id = c.account_id AND u.stream = 'refunds' AND u.last_completed_at > c.read_at
 CROSS JOIN LATERAL (SELECT coalesce(sum(n.amount), 0) AS amount FROM pay_private.refund n
                      WHERE n.account_id = c.account_id AND n.charge_id = c.charge_id AND n.gone_at IS NULL
                        AND n.status IN ('succeeded', 'pending', 'requires_action')) r
 WHERE (c.amount_refunded <> r.amount OR c.amount_refunded > c.amount_captured)
   AND (c.next_check_at IS NULL OR c.next_check_at > now()) AND c.gone_at IS NULL
UNION ALL
SELECT 'INV-07', p.account_id, p.payout_id,
       jsonb_build_object('amount', p.amount, 'items', p.items, 'rows', p.rows, 'foreign_rows', p.foreign_rows)
  FROM pay_private.payout_sum p WHERE p.amount <> p.items OR p.foreign_rows > 0
UNION ALL
SELECT 'INV-07', p.account_id, p.payout_id, jsonb_build_object('amount', p.amount, 'itemised', false)
  FROM pay_private.payout p
 WHERE p.automatic AND p.reconciliation_status = 'completed' AND p.itemised_at IS NULL AND p.gone_at IS NULL
   AND p.read_at < now() - interval '1 day' AND p.account_id IN (SELECT account_id FROM settled)
   AND EXISTS (SELECT FROM read_until u
                WHERE u.account_id = p.account_id AND u.stream = 'payouts' AND u.last_completed_at > p.read_at)
UNION ALL
SELECT 'INV-08', b.account_id, b.currency,
       jsonb_build_object('balance', b.balance, 'ledger', b.ledger, 'taken_at', b.taken_at)
  FROM pay_private.balance_sum b WHERE b.balance <> b.ledger
UNION ALL
SELECT 'INV-09', h.account_id, h.charge_id, jsonb_build_object('version', h.version, 'read_at', h.read_at)
  FROM (SELECT *, lag(read_at) OVER w AS read_before, lag(version) OVER w AS version_before
          FROM pay_private.charge_history WINDOW w AS (PARTITION BY account_id, charge_id ORDER BY version)) h
 WHERE (h.read_before > h.read_at OR h.version <> coalesce(h.version_before, 0) + 1 OR h.stripe_request_id IS NULL)
   AND NOT EXISTS (SELECT FROM newest_start n
                    WHERE n.chain = 'charge_history' AND n.account_id = h.account_id AND n.subject = h.charge_id
                      AND (h.version < n.first OR h.version = n.first AND h.stripe_request_id IS NOT NULL))
UNION ALL
SELECT 'INV-09', n.account_id, n.subject, jsonb_build_object('version', n.first, 'read_at', NULL)
  FROM newest_start n
 WHERE n.chain = 'charge_history'
   AND NOT EXISTS (SELECT FROM pay_private.charge_history h
                    WHERE h.account_id = n.account_id AND h.charge_id = n.subject AND h.version >= n.first)
UNION ALL
SELECT 'INV-10', c.account_id, c.charge_id, jsonb_build_object('status', c.status, 'read_at', c.read_at)
  FROM pay_private.charge c
  LEFT JOIN LATERAL (SELECT * FROM pay_private.charge_history n
                      WHERE n.account_id = c.account_id AND n.charge_id = c.charge_id
                      ORDER BY n.version DESC LIMIT 1) h ON true
 WHERE (h.status, h.amount_captured, h.amount_refunded, h.disputed, h.read_at)
       IS DISTINCT FROM (c.status, c.amount_captured, c.amount_refunded, c.disputed, c.read_at)
UNION ALL
SELECT 'INV-11', t.account_id, t.charge_id, jsonb_build_object('version', t.version, 'was', t.was, 'became', t.status)
  FROM (SELECT *, lag(status) OVER (PARTITION BY account_id, charge_id ORDER BY version) AS was
          FROM pay_private.charge_history) t
 WHERE t.was <> t.status AND t.was <> 'pending'
   AND NOT EXISTS (SELECT FROM newest_start n
                    WHERE n.chain = 'charge_history' AND n.account_id = t.account_id AND n.subject = t.charge_id
                      AND t.version <= n.first)
UNION ALL
SELECT 'INV-11', n.account_id, n.subject, jsonb_build_object('version', n.first, 'was', before.status, 'became', h.status)
  FROM newest_start n
  JOIN pay_private.charge_history before
    ON before.account_id = n.account_id AND before.charge_id = n.subject AND before.version = n.trusted
  JOIN pay_private.charge_history h
    ON h.account_id = n.account_id AND h.charge_id = n.subject AND h.version = n.first
 WHERE n.chain = 'charge_history' AND before.status <> h.status AND before.status <> 'pending'
UNION ALL
SELECT 'INV-12', i.account_id, i.account_id, jsonb_build_object('stage', i.stage, 'rule', i.rule_stage)
  FROM pay_private.integration_rule i
 WHERE (i.stage, i.stage_detail, i.blocker) IS DISTINCT FROM (i.rule_stage, i.rule_detail, i.rule_blocker)
UNION ALL
SELECT 'INV-13', e.account_id, e.account_id, jsonb_build_object('seq', e.seq, 'from', e.from_stage, 'was', e.before)
  FROM (SELECT *, lag(to_stage) OVER w AS before, lag(seq) OVER w AS seq_before
          FROM pay_private.stage_event WINDOW w AS (PARTITION BY account_id ORDER BY seq)) e
 WHERE (e.from_stage IS DISTINCT FROM e.before OR e.seq <> coalesce(e.seq_before, 0) + 1 OR e.from_stage = e.to_stage)
   AND NOT EXISTS (SELECT FROM newest_start n
                    WHERE n.chain = 'stage_event' AND n.account_id = e.account_id
                      AND (e.seq < n.first OR e.seq = n.first AND e.from_stage IS NULL))
UNION ALL
SELECT 'INV-13', n.account_id, n.account_id, jsonb_build_object('seq', n.first, 'from', NULL, 'was', NULL)
  FROM newest_start n
 WHERE n.chain = 'stage_event'
   AND NOT EXISTS (SELECT FROM pay_private.stage_event e WHERE e.account_id = n.account_id AND e.seq >= n.first)
UNION ALL
SELECT 'INV-13', i.account_id, i.account_id, jsonb_build_object('stage', i.stage, 'log', l.to_stage)
  FROM pay_private.integration i
  LEFT JOIN LATERAL (SELECT e.to_stage FROM pay_private.stage_event e
                      WHERE e.account_id = i.account_id ORDER BY e.seq DESC LIMIT 1) l ON true
 WHERE i.stage IS DISTINCT FROM l.to_stage
UNION ALL
SELECT 'INV-14', i.account_id, q.subject, jsonb_build_object('what', q.what, 'at', q.at, 'disconnected_at', i.disconnected_at)
  FROM pay_private.integration i
 CROSS JOIN LATERAL (
       SELECT c.stream AS subject, 'read' AS what, c.read_at AS at FROM pay_private.coverage c
        WHERE c.account_id = i.account_id AND c.read_at > i.disconnected_at
       UNION ALL
       SELECT l.link_id, 'link', l.created_at FROM pay_private.payment_link l
        WHERE l.account_id = i.account_id AND l.wanted_active
       UNION ALL
       SELECT r.request_id::text, 'mail', t.started_at
         FROM pay.payment_request r JOIN pay_private.delivery d USING (request_id)
         JOIN pay_private.delivery_attempt t USING (delivery_id)
        WHERE r.account_id = i.account_id AND t.started_at > i.disconnected_at) q
 WHERE i.stage = 'disconnected'
UNION ALL
SELECT 'INV-15', coalesce(r.account_id, ''), r.request_id::text,
       jsonb_build_object('state', r.state, 'amount', r.amount, 'paid', m.paid, 'charges', m.charges)
  FROM pay.payment_request r
 CROSS JOIN LATERAL (SELECT coalesce(sum(c.amount_captured), 0) AS paid, count(*) AS charges,
                            coalesce(bool_or(c.currency <> r.currency OR c.livemode <> r.livemode), false) AS mixed
                       FROM pay_private.charge c
                      WHERE c.request_id = r.request_id AND c.status = 'succeeded' AND c.captured) m
 WHERE m.mixed OR r.amount_paid <> m.paid
    OR CASE r.state WHEN 'paid' THEN m.paid <> r.amount AND NOT r.multi_party
                    WHEN 'overpaid' THEN m.paid <= r.amount
                    WHEN 'partially_paid' THEN m.paid >= r.amount
                    WHEN 'refunded' THEN m.charges = 0 WHEN 'disputed' THEN m.charges = 0
                    ELSE m.charges > 0 END
UNION ALL
SELECT 'INV-16', l.account_id, l.link_id,
       jsonb_build_object('request_id', r.request_id, 'state', r.state, 'attempts', l.attempts)
  FROM pay_private.payment_link l JOIN pay.payment_request r USING (request_id)
 WHERE (l.wanted_active AND r.state <> 'open' AND NOT r.multi_party)
    OR (l.active AND NOT l.wanted_active AND l.attempts >= 20)
UNION ALL
SELECT 'INV-17', coalesce(r.account_id, ''), d.delivery_id::text,
       jsonb_build_object('request_id', d.request_id, 'accepted', count(*))
  FROM pay_private.delivery_attempt t JOIN pay_private.delivery d USING (delivery_id)
  JOIN pay.payment_request r USING (request_id)
 WHERE t.outcome = 'accepted'
 GROUP BY r.account_id, d.delivery_id HAVING count(*) > 1
UNION ALL
SELECT 'INV-18', coalesce(r.account_id, ''), d.delivery_id::text,
       jsonb_build_object('request_id', d.request_id, 'state', d.state, 'leased_until', d.leased_until)
  FROM pay_private.delivery d JOIN pay.payment_request r USING (request_id)
 WHERE d.lease_token IS NOT NULL AND d.state = 'committing' AND d.leased_until < now() - interval '15 minutes'
UNION ALL
SELECT 'INV-19', l.account_id, d.delivery_id::text,
       jsonb_build_object('request_id', d.request_id, 'link_id', l.link_id, 'off_at', l.deactivated_at, 'sent_at', t.started_at)
  FROM pay_private.delivery d JOIN pay_private.payment_link l USING (link_id)
  JOIN pay_private.delivery_attempt t USING (delivery_id)
 WHERE t.outcome = 'accepted' AND l.deactivated_at < t.started_at
   AND NOT EXISTS (SELECT FROM pay_private.delivery n JOIN pay_private.payment_link w USING (link_id)
                    WHERE n.request_id = d.request_id AND n.recipient = d.recipient AND n.state = 'sent'
                      AND n.accepted_at > t.started_at AND coalesce(w.deactivated_at, 'infinity') >= n.accepted_at)
UNION ALL
SELECT 'INV-20', c.account_id, c.charge_id, jsonb_build_object('amount', c.amount, 'currency', c.currency)
  FROM pay_private.charge c LEFT JOIN pay_private.currency u ON u.code = c.currency
 WHERE u.code IS NULL OR c.amount % u.multiple_of <> 0
UNION ALL
SELECT 'INV-21', m.account_id, m.subject, jsonb_build_object('livemode', m.livemode)
  FROM (SELECT account_id, charge_id AS subject, livemode FROM pay_private.charge
        UNION ALL SELECT account_id, dispute_id, livemode FROM pay_private.dispute
        UNION ALL SELECT account_id, payout_id, livemode FROM pay_private.payout) m
  JOIN pay_private.integration i USING (account_id) WHERE m.livemode <> i.livemode
UNION ALL
SELECT 'INV-22', q.account_id, q.object_id,
       jsonb_build_object('stream', q.stream, 'error', q.error, 'since', q.first_seen, 'attempts', q.attempts)
  FROM pay_private.quarantine q WHERE q.first_seen < now() - interval '1 day'
UNION ALL
SELECT 'INV-22', '', r.run_id::text,
       jsonb_build_object('job', r.job, 'state', r.state, 'failed', r.failed, 'alive_until', r.alive_until)
  FROM pay_private.run r
 WHERE r.state = 'ok' AND r.failed > 0 OR r.state = 'running' AND r.alive_until < now() - interval '2 minutes'
UNION ALL
SELECT 'INV-23', d.account_id, d.discrepancy_id::text,
       jsonb_build_object('kind', d.kind, 'state', d.state, 'subject', d.subject)
  FROM pay_private.discrepancy d
 WHERE (d.state = 'repaired' AND (d.verified_at IS NULL OR d.verified_at < d.resolved_at))
    -- What Stripe does not know is looked at again after a day at the earliest.
    OR (d.state = 'open' AND d.detected_at < now() - CASE WHEN d.kind LIKE '%\_vanished' THEN interval '10 days'
                                                          ELSE interval '1 day' END)
    OR (d.state IN ('explained', 'accepted') AND coalesce(d.resolution, '') = '')
UNION ALL
SELECT 'INV-24', s.account_id, s.subject, jsonb_build_object('kind', s.kind, 'since', s.since)
  FROM (SELECT account_id, payout_id AS subject, 'INV-07' AS kind, itemised_at AS since
          FROM pay_private.payout_sum WHERE amount <> items OR foreign_rows > 0
        UNION ALL
        SELECT account_id, currency, 'INV-08', taken_at FROM pay_private.balance_sum WHERE balance <> ledger) s
 WHERE s.since < now() - interval '1 day'
   AND NOT EXISTS (SELECT FROM pay_private.discrepancy d
                    WHERE d.kind = s.kind AND d.account_id = s.account_id AND d.subject = s.subject
                      AND d.state <> 'repaired');
COMMENT ON VIEW pay_private.violation IS 'Whatever breaks one of the rules of pay_private.invariant now; empty when all is well. Read it in one REPEATABLE READ snapshot.';
COMMENT ON COLUMN pay_private.violation.invariant IS 'The rule.';
COMMENT ON COLUMN pay_private.violation.account_id IS 'The Stripe account; empty where there is none.';
COMMENT ON COLUMN pay_private.violation.subject IS 'What breaks it.';
COMMENT ON COLUMN pay_private.violation.evidence IS 'Both sides.';
