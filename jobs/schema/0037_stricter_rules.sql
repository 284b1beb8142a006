-- SPDX-License-Identifier: MIT
-- The rules say less often that all is well when nobody looked. What is older than what was ever read is a hole, a stream
-- that fails for a day is late, a balance is judged at a moment that the ledger is proven to have passed, amounts are
-- compared with their objects, and what cannot be judged yet closes no discrepancy. The rules about chains (the history of
-- a charge, the log of stages) count from where a repair began them anew; a mail with a link that was off is made good by
-- a later one; and a discrepancy that was never checked is open again.
SET LOCAL ROLE pay_owner;

ALTER TABLE pay_private.stream ADD COLUMN since timestamptz;
COMMENT ON COLUMN pay_private.stream.since IS 'From where its first walk reached; what was created later must be there. NULL = it never ran.';
ALTER TABLE pay_private.stream ADD COLUMN failing_since timestamptz;
COMMENT ON COLUMN pay_private.stream.failing_since IS 'Since when each of its turns has failed; NULL = the last one did not.';
ALTER TABLE pay_private.stream ADD COLUMN balance_proven_at timestamptz;
COMMENT ON COLUMN pay_private.stream.balance_proven_at IS
    'Of the ledger: the moment of the balance that it was last seen to add up to, in the currency where that is longest ago.';
UPDATE pay_private.stream s
   SET since = (SELECT min(lower(c.span)) FROM pay_private.coverage c
                 WHERE c.account_id = s.account_id AND c.stream = s.stream);

CREATE VIEW pay_private.hole AS
SELECT s.account_id, s.stream,
       tstzmultirange(tstzrange(least(s.since, min(lower(c.span))), max(upper(c.span)))) - range_agg(c.span)
           - coalesce((SELECT range_agg(tstzrange(x.since, x.until)) FROM pay_private.slice x
                        WHERE x.account_id = s.account_id AND x.stream = s.stream), '{}') AS holes
  FROM pay_private.stream s
  JOIN pay_private.coverage c ON c.account_id = s.account_id AND c.stream = s.stream
 GROUP BY s.account_id, s.stream;
COMMENT ON VIEW pay_private.hole IS 'What was not read between where a stream begins and where its proof ends, and is not being read now.';
COMMENT ON COLUMN pay_private.hole.account_id IS 'The Stripe account; empty = the platform''s own.';
COMMENT ON COLUMN pay_private.hole.stream IS 'The kind of object.';
COMMENT ON COLUMN pay_private.hole.holes IS 'Ranges of creation; empty = none.';

ALTER TABLE pay_private.balance_snapshot ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now();
UPDATE pay_private.balance_snapshot SET seen_at = taken_at;
COMMENT ON COLUMN pay_private.balance_snapshot.taken_at IS 'When Stripe first said so,';
COMMENT ON COLUMN pay_private.balance_snapshot.seen_at IS 'and when it last did; nothing moved while the ledger was read, both times.';

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

CREATE TABLE pay_private.chain_start (
    chain text NOT NULL CONSTRAINT chain_start_chain CHECK (chain IN ('charge_history', 'stage_event')),
    account_id text NOT NULL,
    subject text NOT NULL,
    first bigint NOT NULL,
    trusted bigint,
    discrepancy_id bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (chain, account_id, subject, discrepancy_id));
COMMENT ON TABLE pay_private.chain_start IS
    'Where a chain that was found broken begins anew: what stands before is kept as it is, and proves nothing.';
COMMENT ON COLUMN pay_private.chain_start.chain IS 'charge_history or stage_event.';
COMMENT ON COLUMN pay_private.chain_start.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.chain_start.subject IS 'The charge; for the log of stages the account.';
COMMENT ON COLUMN pay_private.chain_start.first IS 'The first version, or seq, that counts.';
COMMENT ON COLUMN pay_private.chain_start.trusted IS
    'The last version before the break, which the first one that counts must follow; NULL = none.';
COMMENT ON COLUMN pay_private.chain_start.discrepancy_id IS 'What was repaired by it; the newest one counts.';
COMMENT ON COLUMN pay_private.chain_start.created_at IS 'When.';
GRANT SELECT ON pay_private.chain_start TO pay_operator, pay_daemon;

CREATE OR REPLACE FUNCTION pay_private.keep_stage_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    last_seq bigint;
    last_stage text;
BEGIN
    SELECT e.seq, e.to_stage INTO last_seq, last_stage
      FROM stage_event e WHERE e.account_id = NEW.account_id ORDER BY e.seq DESC LIMIT 1;
    IF NEW.from_stage IS NULL AND EXISTS (
            SELECT FROM chain_start x
             WHERE x.chain = 'stage_event' AND x.account_id = NEW.account_id AND x.first = NEW.seq) THEN
        last_stage := NULL;
    END IF;
    IF NEW.seq <> coalesce(last_seq, 0) + 1 OR NEW.from_stage IS DISTINCT FROM last_stage
       OR NEW.to_stage = last_stage THEN
        RAISE EXCEPTION 'stage event % % -> % does not follow % at %', NEW.seq, NEW.from_stage, NEW.to_stage,
            last_seq, last_stage
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_event_unbroken', TABLE = 'stage_event',
                  SCHEMA = 'pay_private';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.keep_stage_chain() IS
    'Trigger: an event must begin where the account''s last one ended, or where a repair begins the log anew.';
COMMENT ON TABLE pay_private.stage_event IS
    'Each change of stage, oldest first; each event begins where the one before ended, but where a repair began the log anew.';
COMMENT ON COLUMN pay_private.stage_event.from_stage IS 'The stage before; NULL for the first, and where a repair began the log anew.';
COMMENT ON COLUMN pay.stage_history.from_stage IS 'The stage before; NULL for the first, and where a repair began the log anew.';
COMMENT ON COLUMN pay_private.charge_history.version IS
    'From 1, without gaps; a repair goes on from the greatest there is (pay_private.chain_start).';

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

CREATE FUNCTION pay_private.is_judged(kind text, account_id text, subject text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT CASE is_judged.kind
        WHEN 'INV-05' THEN NOT EXISTS (
            SELECT FROM balance_transaction b JOIN stream s ON s.account_id = b.account_id
             WHERE b.account_id = is_judged.account_id AND b.balance_transaction_id = is_judged.subject AND b.gone_at IS NULL
               AND s.stream IN ('charges', 'refunds', 'payouts') AND s.last_completed_at <= b.read_at)
            AND NOT EXISTS (
            SELECT FROM balance_transaction b
              LEFT JOIN charge c ON c.account_id = b.account_id AND c.charge_id = b.source_id AND c.gone_at IS NULL
              LEFT JOIN refund r ON r.account_id = b.account_id AND r.refund_id = b.source_id AND r.gone_at IS NULL
             WHERE b.account_id = is_judged.account_id AND b.balance_transaction_id = is_judged.subject
               AND (c.next_check_at <= now() OR r.next_check_at <= now()))
            AND NOT EXISTS (
            SELECT FROM charge c JOIN stream s ON s.account_id = '' AND s.stream = 'application_fees'
             WHERE c.account_id = is_judged.account_id AND c.charge_id = is_judged.subject AND c.gone_at IS NULL
               AND s.last_completed_at <= c.read_at)
        WHEN 'INV-06' THEN NOT EXISTS (
            SELECT FROM charge c JOIN stream s ON s.account_id = c.account_id AND s.stream = 'refunds'
             WHERE c.account_id = is_judged.account_id AND c.charge_id = is_judged.subject AND c.gone_at IS NULL
               AND (s.last_completed_at <= c.read_at OR c.next_check_at <= now()))
        WHEN 'INV-08' THEN EXISTS (
            SELECT FROM balance_sum b WHERE b.account_id = is_judged.account_id AND b.currency = is_judged.subject)
        ELSE true END;
$$;
COMMENT ON FUNCTION pay_private.is_judged(text, text, text) IS
    'Whether a rule can say now that its subject is in order; those that wait for two streams to be read sometimes cannot.';

CREATE OR REPLACE FUNCTION pay_private.record_violations(OUT broken integer, OUT repaired integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    CREATE TEMP TABLE seen ON COMMIT DROP AS SELECT DISTINCT ON (invariant, account_id, subject) * FROM violation;
    UPDATE discrepancy d
       SET state = 'repaired', resolved_at = now(), verified_at = now(), resolution = 'a later check found it in order'
     WHERE d.state = 'open' AND d.kind IN (SELECT i.invariant FROM invariant i)
       AND NOT EXISTS (SELECT FROM pg_temp.seen v
                        WHERE v.invariant = d.kind AND v.account_id = d.account_id AND v.subject = d.subject)
       AND is_judged(d.kind, d.account_id, d.subject);
    GET DIAGNOSTICS repaired = ROW_COUNT;
    -- The rules about discrepancies are for people to see; they would breed.
    INSERT INTO discrepancy (kind, account_id, subject, evidence)
    SELECT v.invariant, v.account_id, v.subject, v.evidence FROM pg_temp.seen v
     WHERE v.invariant NOT IN ('INV-23', 'INV-24')
       AND NOT EXISTS (SELECT FROM discrepancy a
                        WHERE a.kind = v.invariant AND a.account_id = v.account_id AND a.subject = v.subject
                          AND a.state = 'accepted' AND a.evidence = v.evidence)
    ON CONFLICT (kind, account_id, subject) WHERE state = 'open' DO UPDATE SET evidence = excluded.evidence
     WHERE discrepancy.evidence <> excluded.evidence;
    -- What was called repaired and never checked is open, for the next check to close, unless it was found again anyway.
    UPDATE discrepancy d
       SET state = 'explained', resolution = 'never checked; found again as discrepancy ' || o.discrepancy_id
      FROM discrepancy o
     WHERE d.state = 'repaired' AND (d.verified_at IS NULL OR d.verified_at < d.resolved_at)
       AND d.kind IN (SELECT i.invariant FROM invariant i)
       AND o.state = 'open' AND o.kind = d.kind AND o.account_id = d.account_id AND o.subject = d.subject;
    UPDATE discrepancy d SET state = 'open', resolved_at = NULL, verified_at = NULL, resolution = NULL
     WHERE d.discrepancy_id IN (SELECT max(u.discrepancy_id) FROM discrepancy u
                                 WHERE u.kind IN (SELECT i.invariant FROM invariant i)
                                   AND u.state = 'repaired' AND (u.verified_at IS NULL OR u.verified_at < u.resolved_at)
                                 GROUP BY u.kind, u.account_id, u.subject);
    UPDATE stream s SET balance_proven_at = p.moment
      FROM (SELECT b.account_id, min(b.taken_at) AS moment FROM balance_sum b GROUP BY b.account_id
            HAVING bool_and(b.balance = b.ledger)
               AND count(*) = (SELECT count(DISTINCT n.currency) FROM balance_snapshot n WHERE n.account_id = b.account_id)) p
     WHERE s.account_id = p.account_id AND s.stream = 'balance_transactions'
       AND s.balance_proven_at IS DISTINCT FROM p.moment;
    SELECT count(*) INTO broken FROM pg_temp.seen;
END $$;
COMMENT ON FUNCTION pay_private.record_violations() IS
    'Makes a discrepancy of each violation, closes those that are no more, and opens again what was called repaired without a check; yields how many violations there are, and how many were closed.';

CREATE OR REPLACE VIEW pay.coverage AS
SELECT i.company, s.account_id, s.stream, lower(c.span) AS complete_from, upper(c.span) AS complete_to,
       now() - upper(c.span) AS late_by, coalesce(c.rows, 0) AS objects,
       nullif(h.holes::text, '{}') AS holes, s.last_completed_at,
       s.next_run_at, s.last_error,
       (SELECT count(*) FROM pay_private.quarantine q
         WHERE q.account_id = s.account_id AND q.stream = s.stream) AS quarantined,
       (SELECT count(*) FROM pay_private.discrepancy d
         WHERE d.account_id = s.account_id AND d.state = 'open') AS open_discrepancies,
       s.balance_proven_at
  FROM pay_private.stream s
  LEFT JOIN pay_private.integration i ON i.account_id = s.account_id
  LEFT JOIN pay_private.hole h ON h.account_id = s.account_id AND h.stream = s.stream
  LEFT JOIN LATERAL (
       SELECT range_merge(range_agg(v.span)) AS span, sum(v.rows)::bigint AS rows
         FROM pay_private.coverage v WHERE v.account_id = s.account_id AND v.stream = s.stream) c ON true;
COMMENT ON COLUMN pay.coverage.holes IS 'Ranges since the stream begins that were not read and are not being read; NULL = none.';
COMMENT ON COLUMN pay.coverage.balance_proven_at IS
    'Of the ledger: the moment of the balance that the last check saw it add up to, in the currency where that is longest ago; NULL = not yet, or another stream.';
GRANT SELECT ON pay_private.hole TO pay_operator, pay_daemon;
