-- SPDX-License-Identifier: MIT
-- Mails about refunds, disputes and bank debits that failed. Whoever learns of one calls these functions, in whatever order
-- charge, refund and dispute were read: each mail is queued once. Nothing is written about what is older than a week, which
-- a first walk finds.

CREATE OR REPLACE FUNCTION pay_private.company_recipients(company text) RETURNS SETOF pay.email
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT DISTINCT ON (lower(address COLLATE "C")) address
      FROM company c
     CROSS JOIN LATERAL unnest(CASE WHEN cardinality(c.admin_emails) > 0 THEN c.admin_emails ELSE ARRAY[c.email] END) AS address
     WHERE c.company = company_recipients.company AND address IS NOT NULL
$$;
COMMENT ON FUNCTION pay_private.company_recipients(text) IS 'Who is told about a company''s payments: its administrators, else its own address.';

CREATE OR REPLACE FUNCTION pay_private.queue_notice(
    request_id uuid, kind text, charge_id text, about_id text, recipient text) RETURNS void
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    INSERT INTO delivery (request_id, company, kind, recipient, number, priority, charge_id, about_id)
    SELECT r.request_id, r.company, queue_notice.kind, queue_notice.recipient,
           1 + (SELECT coalesce(max(n.number), 0) FROM delivery n
                 WHERE n.request_id = r.request_id AND n.kind = queue_notice.kind AND n.recipient = queue_notice.recipient),
           r.priority, queue_notice.charge_id, queue_notice.about_id
      FROM payment_request r JOIN company c ON c.company = r.company AND NOT queue_notice.kind = ANY (c.muted_mails)
     WHERE r.request_id = queue_notice.request_id AND queue_notice.recipient IS NOT NULL
       AND NOT EXISTS (SELECT FROM delivery n WHERE n.about_id = queue_notice.about_id AND n.kind = queue_notice.kind
                          AND n.recipient = queue_notice.recipient)
    ON CONFLICT DO NOTHING
    RETURNING pg_notify('pay_payment_request', '')
$$;
COMMENT ON FUNCTION pay_private.queue_notice(uuid, text, text, text, text) IS
    'Queues one mail about a refund, a dispute or a failed debit, once for each recipient, unless the company muted its kind.';

CREATE OR REPLACE FUNCTION pay_private.queue_refund_mails(request_ids uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
    SELECT queue_notice(c.request_id, to_whom.kind, c.charge_id, f.refund_id, to_whom.recipient)
      FROM unnest(request_ids) AS asked (id)
      JOIN payment_request r ON r.request_id = asked.id
      JOIN charge c ON c.request_id = asked.id AND c.captured
      JOIN refund f ON f.account_id = c.account_id AND f.charge_id = c.charge_id AND f.gone_at IS NULL
       AND f.status IN ('pending', 'succeeded') AND f.created > now() - interval '7 days'
     CROSS JOIN LATERAL (
          SELECT 'refund' AS kind,
                 CASE WHEN r.multi_party THEN as_email(coalesce(c.payer_email, c.receipt_email, r.to_email))
                      ELSE r.to_email END AS recipient
           WHERE r.receipt_to_payer
          UNION ALL
          SELECT 'refund_notice', address FROM company_recipients(r.company) AS address WHERE r.receipt_to_company) to_whom
     ORDER BY c.request_id, f.created, f.refund_id
$$;
COMMENT ON FUNCTION pay_private.queue_refund_mails(uuid[]) IS
    'Tells payer and company of the refunds of these requests, as far as the request wants receipts and notices and nobody was told.';

CREATE OR REPLACE FUNCTION pay_private.queue_dispute_mails(request_ids uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
    SELECT queue_notice(c.request_id, 'dispute_notice', c.charge_id, p.dispute_id, address)
      FROM unnest(request_ids) AS asked (id)
      JOIN charge c ON c.request_id = asked.id
      JOIN payment_request r ON r.request_id = asked.id
      JOIN dispute p ON p.account_id = c.account_id AND p.charge_id = c.charge_id AND p.gone_at IS NULL
       AND p.status NOT IN ('won', 'lost', 'warning_closed', 'prevented') AND p.created > now() - interval '7 days'
     CROSS JOIN LATERAL company_recipients(r.company) AS address
     ORDER BY c.request_id, p.created, p.dispute_id
$$;
COMMENT ON FUNCTION pay_private.queue_dispute_mails(uuid[]) IS 'Tells the company of the open disputes of these requests that nobody was told of.';

CREATE OR REPLACE FUNCTION pay_private.queue_debit_failed_mail(request_id uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
    -- The newest one only: it asks for a payment, and two would ask twice.
    SELECT queue_notice(r.request_id, 'debit_failed', NULL, c.charge_id,
                        CASE WHEN r.multi_party THEN as_email(coalesce(c.payer_email, c.receipt_email, r.to_email))
                             ELSE r.to_email END)
      FROM payment_request r
     CROSS JOIN LATERAL (SELECT * FROM charge x
                          WHERE x.request_id = r.request_id AND x.status = 'failed' AND x.gone_at IS NULL
                            -- Others fail while the payer is on Stripe's page, and sees it.
                            AND x.method IN ('acss_debit', 'ach_debit', 'au_becs_debit', 'bacs_debit', 'boleto', 'customer_balance',
                                             'konbini', 'multibanco', 'nz_bank_account', 'oxxo', 'pay_by_bank', 'sepa_debit',
                                             'sofort', 'us_bank_account')
                          ORDER BY x.created DESC, x.charge_id DESC LIMIT 1) c
     WHERE r.request_id = queue_debit_failed_mail.request_id AND mail_may_go(r)
       -- A debit fails up to 14 days after it was begun, some banks take longer.
       AND c.created > now() - interval '30 days'
$$;
COMMENT ON FUNCTION pay_private.queue_debit_failed_mail(uuid) IS
    'Tells the payer of an open request that the bank debit failed, with a link that can be paid; once for each failed payment.';
