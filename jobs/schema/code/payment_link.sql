-- SPDX-License-Identifier: MIT
-- The contents of a payment link, and the notifications to the job that makes and switches off links.

CREATE OR REPLACE FUNCTION pay_private.application_fee(company text, amount bigint, currency text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT least(application_fee.amount,
                 round(application_fee.amount * coalesce(max(s.desired::text::numeric)
                           FILTER (WHERE s.name = 'application_fee_percent' AND jsonb_typeof(s.desired) = 'number'), 0)
                       / 100)::bigint
                 + coalesce(max((s.desired ->> application_fee.currency)::bigint)
                                FILTER (WHERE s.name = 'application_fee_fixed'), 0))
      FROM setting s
     WHERE s.company = application_fee.company AND s.name IN ('application_fee_percent', 'application_fee_fixed')
$$;
COMMENT ON FUNCTION pay_private.application_fee(text, bigint, text) IS
    'The platform''s share of a payment, in minor units: percentage, rounded half up, plus the fixed part of the currency, at most the amount.';

CREATE OR REPLACE VIEW pay_private.request_detail AS
SELECT r.request_id, r.company, r.to_email, r.to_name, r.cc::text[] AS cc, r.reply_to, r.amount, pay_private.amount_due(r) AS amount_due, r.currency,
       r.description, r.message, r.due_on, coalesce(r.locale, co.locale) AS locale, r.multi_party,
       ARRAY(SELECT e.key FROM jsonb_each_text(r.metadata) e ORDER BY e.key) AS metadata_names,
       ARRAY(SELECT e.value FROM jsonb_each_text(r.metadata) e ORDER BY e.key) AS metadata_values,
       CASE WHEN r.max_payments IS NOT NULL THEN greatest(r.max_payments - r.payments - r.payments_under_way, 1) END AS places,
       coalesce(b.display_name, co.name, r.company) AS company_name, co.email AS company_email,
       b.primary_color AS brand_color, coalesce(b.version, 0) AS brand_version,
       pay_private.mail_may_go(r) AS mail_may_go, i.account_id, i.stage, coalesce(i.livemode, false) AS livemode, l.link_id, l.url AS link_url,
       coalesce(l.amount, 0) AS link_amount,
       (SELECT count(*) FROM pay_private.payment_link n WHERE n.request_id = r.request_id) AS links_made,
       ARRAY(SELECT jsonb_array_elements_text(s.desired) FROM pay_private.setting s
              WHERE s.company = r.company AND s.name = 'payment_methods') AS payment_methods,
       coalesce(pay_private.application_fee(r.company, pay_private.amount_due(r), r.currency), 0) AS application_fee,
       z.time_zone,
       (now() AT TIME ZONE z.time_zone)::date AS today
  FROM pay.payment_request r
  JOIN pay.company co ON co.company = r.company
 -- Not a join: the planner takes the one row for hundreds, and compiles the statement (JIT) for seconds.
 CROSS JOIN LATERAL (SELECT coalesce(co.time_zone, (SELECT d.time_zone FROM pay_private.deployment d)) AS time_zone) z
  LEFT JOIN pay_private.integration i ON i.company = r.company AND i.current
  LEFT JOIN LATERAL (SELECT b.display_name, b.primary_color, b.version FROM pay.branding b
                      WHERE b.company = r.company AND b.kind = 'checkout' ORDER BY b.version DESC LIMIT 1) b ON true
  LEFT JOIN pay_private.payment_link l ON l.request_id = r.request_id AND l.active AND l.wanted_active
      AND l.account_id = i.account_id;
COMMENT ON VIEW pay_private.request_detail IS
    'A payment request with all that making its link and writing about it needs: company, brand, integration, live link.';
COMMENT ON COLUMN pay_private.request_detail.request_id IS 'Id of the request.';
COMMENT ON COLUMN pay_private.request_detail.company IS 'The company that requests the money.';
COMMENT ON COLUMN pay_private.request_detail.to_email IS 'The payer''s address.';
COMMENT ON COLUMN pay_private.request_detail.to_name IS 'The payer''s name.';
COMMENT ON COLUMN pay_private.request_detail.cc IS 'Addresses that get a copy.';
COMMENT ON COLUMN pay_private.request_detail.reply_to IS 'Where the payer''s answer goes.';
COMMENT ON COLUMN pay_private.request_detail.amount IS 'Amount to pay, in minor units.';
COMMENT ON COLUMN pay_private.request_detail.amount_due IS 'What a link asks for now, in minor units: less after a part payment.';
COMMENT ON COLUMN pay_private.request_detail.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay_private.request_detail.description IS 'Purpose of the payment.';
COMMENT ON COLUMN pay_private.request_detail.message IS 'Words to the payer.';
COMMENT ON COLUMN pay_private.request_detail.due_on IS 'Day by which it should be paid.';
COMMENT ON COLUMN pay_private.request_detail.locale IS 'Language of the mails.';
COMMENT ON COLUMN pay_private.request_detail.multi_party IS 'Whether several people pay by the same link.';
COMMENT ON COLUMN pay_private.request_detail.places IS 'How many more people may pay by a link made now; NULL = no limit, or not multi-party.';
COMMENT ON COLUMN pay_private.request_detail.metadata_names IS 'Names of the application''s own data.';
COMMENT ON COLUMN pay_private.request_detail.metadata_values IS 'Their values, in the same order.';
COMMENT ON COLUMN pay_private.request_detail.company_name IS 'Name as payers see it.';
COMMENT ON COLUMN pay_private.request_detail.company_email IS 'The company''s address.';
COMMENT ON COLUMN pay_private.request_detail.brand_color IS 'Main colour of the checkout brand.';
COMMENT ON COLUMN pay_private.request_detail.brand_version IS 'Version of the checkout brand; 0 = none.';
COMMENT ON COLUMN pay_private.request_detail.mail_may_go IS 'Whether a mail may ask the payer for money now.';
COMMENT ON COLUMN pay_private.request_detail.account_id IS 'Stripe account of the company''s current integration.';
COMMENT ON COLUMN pay_private.request_detail.stage IS 'Stage of that integration; NULL = none.';
COMMENT ON COLUMN pay_private.request_detail.livemode IS 'Whether it belongs to Stripe''s live mode.';
COMMENT ON COLUMN pay_private.request_detail.link_id IS 'The live payment link on that account.';
COMMENT ON COLUMN pay_private.request_detail.link_url IS 'Where the payer pays.';
COMMENT ON COLUMN pay_private.request_detail.link_amount IS 'What it asks for, in minor units; 0 = there is none.';
COMMENT ON COLUMN pay_private.request_detail.links_made IS 'How many links the request ever had.';
COMMENT ON COLUMN pay_private.request_detail.payment_methods IS 'Ways to pay that the company chose; empty = Stripe chooses.';
COMMENT ON COLUMN pay_private.request_detail.application_fee IS 'The platform''s share, in minor units; 0 = none.';
COMMENT ON COLUMN pay_private.request_detail.time_zone IS 'Time zone in which days of the company are meant.';
COMMENT ON COLUMN pay_private.request_detail.today IS 'The present day there.';

-- The job that makes and switches off payment links is woken by links, no longer by every mail that was sent.

CREATE OR REPLACE TRIGGER payment_link_unwanted AFTER INSERT OR UPDATE OF wanted_active ON pay_private.payment_link
    FOR EACH ROW WHEN (NEW.active AND NOT NEW.wanted_active) EXECUTE FUNCTION pay_private.wake('pay_link_due');
COMMENT ON TRIGGER payment_link_unwanted ON pay_private.payment_link IS 'A live link has to be switched off.';

CREATE OR REPLACE FUNCTION pay_private.link_of_company() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    SELECT r.company INTO NEW.company FROM payment_request r WHERE r.request_id = NEW.request_id;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.link_of_company() IS 'Trigger: a new payment link belongs to the company of its request.';

CREATE OR REPLACE TRIGGER payment_link_company BEFORE INSERT ON pay_private.payment_link
    FOR EACH ROW WHEN (NEW.company IS NULL) EXECUTE FUNCTION pay_private.link_of_company();

-- Before another link goes out -----------------------------------------------------------------------------------------

CREATE OR REPLACE VIEW pay_private.unsettled_link AS
SELECT l.link_id, l.request_id, l.account_id, l.url, l.amount, l.active, l.wanted_active, l.used, l.charge_id, u.unlimited
  FROM pay_private.payment_link l JOIN pay.payment_request r USING (request_id)
 CROSS JOIN LATERAL (SELECT r.multi_party AND r.max_payments IS NULL AS unlimited) u
 WHERE l.lost_at IS NULL
   AND (l.active
        OR NOT u.unlimited
           AND (l.used IS NULL
                -- Where several people pay, a payment under way has its place already.
                OR l.used AND NOT EXISTS (SELECT FROM pay_private.charge c
                                           WHERE c.account_id = l.account_id AND c.charge_id = l.charge_id
                                             AND (c.status <> 'pending' OR r.multi_party))));
COMMENT ON VIEW pay_private.unsettled_link IS
    'Links by which a request may still be paid, or may have been without our knowing. As long as there is one, no other link of the request is made.';
COMMENT ON COLUMN pay_private.unsettled_link.link_id IS 'The link.';
COMMENT ON COLUMN pay_private.unsettled_link.request_id IS 'Its request.';
COMMENT ON COLUMN pay_private.unsettled_link.account_id IS 'Its account.';
COMMENT ON COLUMN pay_private.unsettled_link.url IS 'Where the payer pays.';
COMMENT ON COLUMN pay_private.unsettled_link.amount IS 'What it asks for.';
COMMENT ON COLUMN pay_private.unsettled_link.active IS 'It is on; false = it is off, and it is not known whether somebody has paid by it.';
COMMENT ON COLUMN pay_private.unsettled_link.wanted_active IS 'Whether it should be on.';
COMMENT ON COLUMN pay_private.unsettled_link.used IS 'true = somebody has paid by it, or a payment is under way; NULL = Stripe has not been asked.';
COMMENT ON COLUMN pay_private.unsettled_link.charge_id IS 'The newest such payment; NULL while Stripe does not show one.';
COMMENT ON COLUMN pay_private.unsettled_link.unlimited IS 'Whether any number of people pay by the link: then it only has to be off.';

CREATE OR REPLACE FUNCTION pay_private.clear_link_problem() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    NEW.link_problem := NULL;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.clear_link_problem() IS 'Trigger: a request that wants no link has no problem with one.';

CREATE OR REPLACE TRIGGER payment_request_link_problem BEFORE UPDATE ON pay.payment_request
    FOR EACH ROW WHEN (NEW.link_problem IS NOT NULL AND NOT pay_private.link_demand(NEW))
    EXECUTE FUNCTION pay_private.clear_link_problem();
