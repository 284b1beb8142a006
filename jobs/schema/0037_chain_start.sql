-- SPDX-License-Identifier: MIT
-- The rules about chains (the history of a charge, the log of stages) count from where a repair began them anew; a mail
-- with a link that was off is made good by a later one; and a discrepancy that was never checked is open again.
SET LOCAL ROLE pay_owner;

CREATE TABLE pay_private.chain_start (
    chain text NOT NULL CONSTRAINT chain_start_chain CHECK (chain IN ('charge_history', 'stage_event')),
    account_id text NOT NULL,
    subject text NOT NULL,
    first bigint NOT NULL,
    discrepancy_id bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (chain, account_id, subject, first));
COMMENT ON TABLE pay_private.chain_start IS
    'Where a chain that was found broken begins anew: what stands before is kept as it is, and proves nothing.';
COMMENT ON COLUMN pay_private.chain_start.chain IS 'charge_history or stage_event.';
COMMENT ON COLUMN pay_private.chain_start.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.chain_start.subject IS 'The charge; for the log of stages the account.';
COMMENT ON COLUMN pay_private.chain_start.first IS 'The first version, or seq, that counts.';
COMMENT ON COLUMN pay_private.chain_start.discrepancy_id IS 'What was repaired by it.';
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
    IF EXISTS (SELECT FROM chain_start x
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

CREATE OR REPLACE VIEW pay_private.violation AS
WITH readable AS (
    SELECT * FROM pay_private.integration WHERE access = 'ok' AND stage <> 'disconnected'),
read_until AS (
    SELECT account_id, stream, last_completed_at FROM pay_private.stream),
-- Since when there is no hole: what is older than the horizon, or still being read, is not expected.
known_from AS (
    SELECT DISTINCT ON (account_id, stream) account_id, stream, lower(span) AS since
      FROM pay_private.coverage ORDER BY account_id, stream, upper(span) DESC),
newest_start AS (
    SELECT chain, account_id, subject, max(first) AS first FROM pay_private.chain_start GROUP BY chain, account_id, subject),
counted_version AS (
    SELECT h.*, coalesce(n.first, 1) AS first
      FROM pay_private.charge_history h
      LEFT JOIN newest_start n ON n.chain = 'charge_history' AND n.account_id = h.account_id AND n.subject = h.charge_id
     WHERE h.version >= coalesce(n.first, 1))
SELECT 'INV-01' AS invariant, h.account_id, h.stream AS subject,
       jsonb_build_object('stream', h.stream, 'holes', h.holes::text, 'due_since', h.due) AS evidence
  FROM (SELECT c.account_id, c.stream,
               tstzmultirange(range_merge(range_agg(c.span))) - range_agg(c.span)
                   - coalesce((SELECT range_agg(tstzrange(x.since, x.until)) FROM pay_private.slice x
                                WHERE x.account_id = c.account_id AND x.stream = c.stream), '{}') AS holes,
               min(s.next_run_at) AS due
          FROM pay_private.coverage c
          JOIN pay_private.stream s ON s.account_id = c.account_id AND s.stream = c.stream
         WHERE c.account_id = '' OR c.account_id IN (SELECT account_id FROM readable)
         GROUP BY c.account_id, c.stream) h
 WHERE NOT isempty(h.holes) OR h.due < now() - interval '2 hours'
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
SELECT 'INV-08', b.account_id, b.currency,
       jsonb_build_object('balance', b.balance, 'ledger', b.ledger, 'taken_at', b.taken_at)
  FROM pay_private.balance_sum b WHERE b.balance <> b.ledger
UNION ALL
SELECT 'INV-09', h.account_id, h.charge_id, jsonb_build_object('version', h.version, 'read_at', h.read_at)
  FROM (SELECT *, lag(read_at) OVER w AS read_before, lag(version) OVER w AS version_before
          FROM counted_version WINDOW w AS (PARTITION BY account_id, charge_id ORDER BY version)) h
 WHERE h.read_before > h.read_at OR h.version <> coalesce(h.version_before + 1, h.first) OR h.stripe_request_id IS NULL
UNION ALL
SELECT 'INV-09', x.account_id, x.subject, jsonb_build_object('version', x.first, 'read_at', NULL)
  FROM pay_private.chain_start x
 WHERE x.chain = 'charge_history'
   AND NOT EXISTS (SELECT FROM pay_private.charge_history h
                    WHERE h.account_id = x.account_id AND h.charge_id = x.subject AND h.version >= x.first)
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
          FROM counted_version) t
 WHERE t.was <> t.status AND t.was <> 'pending'
UNION ALL
SELECT 'INV-12', i.account_id, i.account_id, jsonb_build_object('stage', i.stage, 'rule', i.rule_stage)
  FROM pay_private.integration_rule i
 WHERE (i.stage, i.stage_detail, i.blocker) IS DISTINCT FROM (i.rule_stage, i.rule_detail, i.rule_blocker)
UNION ALL
SELECT 'INV-13', e.account_id, e.account_id, jsonb_build_object('seq', e.seq, 'from', e.from_stage, 'was', e.before)
  FROM (SELECT v.*, coalesce(n.first, 1) AS first, lag(v.to_stage) OVER w AS before, lag(v.seq) OVER w AS seq_before
          FROM pay_private.stage_event v
          LEFT JOIN newest_start n ON n.chain = 'stage_event' AND n.account_id = v.account_id
         WHERE v.seq >= coalesce(n.first, 1)
        WINDOW w AS (PARTITION BY v.account_id ORDER BY v.seq)) e
 WHERE e.from_stage IS DISTINCT FROM e.before OR e.seq <> coalesce(e.seq_before + 1, e.first) OR e.from_stage = e.to_stage
UNION ALL
SELECT 'INV-13', x.account_id, x.account_id, jsonb_build_object('seq', x.first, 'from', NULL, 'was', NULL)
  FROM pay_private.chain_start x
 WHERE x.chain = 'stage_event'
   AND NOT EXISTS (SELECT FROM pay_private.stage_event e WHERE e.account_id = x.account_id AND e.seq >= x.first)
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
                     JOIN pay_private.delivery_attempt a USING (delivery_id)
                    WHERE n.request_id = d.request_id AND a.outcome = 'accepted' AND a.started_at > t.started_at
                      AND coalesce(w.deactivated_at, 'infinity') >= a.started_at)
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

CREATE OR REPLACE FUNCTION pay_private.record_violations(OUT broken integer, OUT repaired integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    CREATE TEMP TABLE seen ON COMMIT DROP AS SELECT DISTINCT ON (invariant, account_id, subject) * FROM violation;
    UPDATE discrepancy d
       SET state = 'repaired', resolved_at = now(), verified_at = now(), resolution = 'a later check found it in order'
     WHERE d.state = 'open' AND d.kind IN (SELECT i.invariant FROM invariant i)
       AND NOT EXISTS (SELECT FROM pg_temp.seen v
                        WHERE v.invariant = d.kind AND v.account_id = d.account_id AND v.subject = d.subject);
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
       AND o.state = 'open' AND o.kind = d.kind AND o.account_id = d.account_id AND o.subject = d.subject;
    UPDATE discrepancy d SET state = 'open', resolved_at = NULL, verified_at = NULL, resolution = NULL
     WHERE d.discrepancy_id IN (SELECT max(u.discrepancy_id) FROM discrepancy u
                                 WHERE u.state = 'repaired' AND (u.verified_at IS NULL OR u.verified_at < u.resolved_at)
                                 GROUP BY u.kind, u.account_id, u.subject);
    SELECT count(*) INTO broken FROM pg_temp.seen;
END $$;
