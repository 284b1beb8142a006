-- SPDX-License-Identifier: MIT
-- Payment requests: what was asked of whom, and whether it is paid.

CREATE TABLE pay.payment_request (
    request_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    seq bigint GENERATED ALWAYS AS IDENTITY,
    company text NOT NULL CONSTRAINT payment_request_company_known REFERENCES pay.company,
    to_email pay.email NOT NULL,
    to_name pay.header_text,
    reply_to pay.email,
    amount bigint NOT NULL CONSTRAINT payment_request_amount_positive CHECK (amount > 0),
    currency pay.currency NOT NULL,
    description pay.header_text NOT NULL CONSTRAINT payment_request_description_given CHECK (btrim(description) <> ''),
    message text CONSTRAINT payment_request_message_text
        CHECK (length(message) <= 10000 AND message !~ '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]'),
    due_on date CONSTRAINT payment_request_due_on_range CHECK (due_on >= '2000-01-01' AND due_on < '2200-01-01'),
    expires_at timestamptz
        CONSTRAINT payment_request_expires_at_range CHECK (expires_at < '2200-01-01 00:00:00+00'),
    send_after timestamptz NOT NULL DEFAULT now()
        CONSTRAINT payment_request_send_after_range
        CHECK (send_after >= '2000-01-01 00:00:00+00' AND send_after < '2200-01-01 00:00:00+00'),
    priority smallint NOT NULL DEFAULT 0 CONSTRAINT payment_request_priority_range CHECK (priority BETWEEN -10 AND 10),
    multi_party boolean NOT NULL DEFAULT false,
    locale pay.locale,
    request_key pay.request_key,
    collect_payment_file_id uuid,
    metadata jsonb NOT NULL DEFAULT '{}'
        CONSTRAINT payment_request_metadata_flat CHECK (metadata = '{}' OR pay_private.metadata_ok(metadata)),
    requested_by text NOT NULL DEFAULT session_user,
    created_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'open' CONSTRAINT payment_request_state CHECK (state IN (
        'open', 'processing', 'authorized', 'paid', 'overpaid', 'partially_paid', 'partially_refunded', 'refunded', 'disputed',
        'cancelled', 'expired', 'failed')),
    reason_code text,
    reason_text text,
    closed_as text CONSTRAINT payment_request_closed_as CHECK (closed_as IN ('cancelled', 'expired', 'failed')),
    closed_at timestamptz,
    closed_code text,
    closed_text text,
    account_id text,
    livemode boolean,
    paid_at timestamptz,
    amount_paid bigint NOT NULL DEFAULT 0,
    amount_refunded bigint NOT NULL DEFAULT 0,
    amount_disputed bigint NOT NULL DEFAULT 0,
    amount_processing bigint NOT NULL DEFAULT 0,
    amount_authorized bigint NOT NULL DEFAULT 0,
    payments integer NOT NULL DEFAULT 0,
    payments_under_way integer NOT NULL DEFAULT 0,
    cancel_requested_at timestamptz,
    cc pay.email[] NOT NULL DEFAULT '{}'
        CONSTRAINT payment_request_cc_count CHECK (cardinality(cc) <= 10 AND array_position(cc, NULL) IS NULL),
    reminders smallint[] NOT NULL DEFAULT '{}'
        CONSTRAINT payment_request_reminders_range CHECK (
            cardinality(reminders) <= 10 AND array_position(reminders, NULL) IS NULL
            AND -365 <= ALL (reminders) AND 365 >= ALL (reminders)),
    receipt_to_payer boolean NOT NULL DEFAULT true,
    receipt_to_company boolean NOT NULL DEFAULT true,
    link_wanted_at timestamptz,
    link_problem text,
    max_payments integer CONSTRAINT payment_request_max_payments_positive CHECK (max_payments > 0),
    CONSTRAINT payment_request_max_payments_of_many CHECK (max_payments IS NULL OR multi_party),
    CONSTRAINT payment_request_closed_has_time CHECK ((closed_as IS NULL) = (closed_at IS NULL)),
    CONSTRAINT payment_request_expires_after_send CHECK (expires_at > send_after AND expires_at > created_at),
    CONSTRAINT payment_request_file_of_company FOREIGN KEY (company, collect_payment_file_id)
        REFERENCES pay.collect_payment_file (company, file_id),
    CONSTRAINT payment_request_reminders_need_due_on CHECK (reminders = '{}' OR due_on IS NOT NULL)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
        autovacuum_analyze_scale_factor = 0.05);
CREATE UNIQUE INDEX payment_request_request_key_unique ON pay.payment_request (company, request_key)
    WHERE request_key IS NOT NULL;
CREATE INDEX payment_request_expiring ON pay.payment_request (expires_at)
    WHERE expires_at IS NOT NULL AND closed_as IS NULL AND (multi_party OR state IN ('open', 'partially_paid'));
CREATE UNIQUE INDEX payment_request_seq_unique ON pay.payment_request (seq);
CREATE INDEX payment_request_by_company ON pay.payment_request (company, seq);
CREATE INDEX payment_request_expiring_by_company ON pay.payment_request (company, expires_at)
    WHERE expires_at IS NOT NULL AND closed_as IS NULL AND (multi_party OR state IN ('open', 'partially_paid'));
CREATE INDEX payment_request_link_wanted ON pay.payment_request (company, link_wanted_at) WHERE link_wanted_at IS NOT NULL;
CREATE INDEX payment_request_under_way ON pay.payment_request (request_id) WHERE state IN ('processing', 'authorized');
CREATE INDEX payment_request_link_problem ON pay.payment_request (company) WHERE link_problem IS NOT NULL;
COMMENT ON TABLE pay.payment_request IS
    'Queue of payment requests; each row becomes one payment link and one e-mail, and is followed until it is paid.';
COMMENT ON COLUMN pay.payment_request.request_id IS 'Id of the request, also written into Stripe''s metadata; an application may choose it.';
COMMENT ON COLUMN pay.payment_request.seq IS 'Order of arrival.';
COMMENT ON COLUMN pay.payment_request.company IS 'The company that requests the money; it is paid to its Stripe account.';
COMMENT ON COLUMN pay.payment_request.to_email IS 'The payer''s address.';
COMMENT ON COLUMN pay.payment_request.to_name IS 'The payer''s name.';
COMMENT ON COLUMN pay.payment_request.reply_to IS 'Where the payer''s answer goes, else the company''s address.';
COMMENT ON COLUMN pay.payment_request.amount IS 'Amount to pay, in minor units of the currency as Stripe counts them.';
COMMENT ON COLUMN pay.payment_request.currency IS 'Three lower-case letters, one of pay_private.currency.';
COMMENT ON COLUMN pay.payment_request.description IS 'Purpose of the payment, one line: in the mail''s subject and on Stripe''s page.';
COMMENT ON COLUMN pay.payment_request.message IS 'Words to the payer, at most 10,000 characters of plain text.';
COMMENT ON COLUMN pay.payment_request.due_on IS 'Day by which it should be paid; shown, not enforced.';
COMMENT ON COLUMN pay.payment_request.expires_at IS 'When the link stops working; NULL = never.';
COMMENT ON COLUMN pay.payment_request.send_after IS 'No mail before this time.';
COMMENT ON COLUMN pay.payment_request.priority IS 'Higher goes first, -10 to 10.';
COMMENT ON COLUMN pay.payment_request.multi_party IS 'true = several people each pay the amount by the same link.';
COMMENT ON COLUMN pay.payment_request.locale IS 'Language of the mail, else the company''s.';
COMMENT ON COLUMN pay.payment_request.request_key IS 'Unique within the company; guards against asking twice.';
COMMENT ON COLUMN pay.payment_request.collect_payment_file_id IS 'File of the same company that goes with the mail.';
COMMENT ON COLUMN pay.payment_request.metadata IS 'The application''s own data: a flat JSON object of at most 20 pairs, each value at most 500 characters.';
COMMENT ON COLUMN pay.payment_request.requested_by IS 'Database user that inserted the row.';
COMMENT ON COLUMN pay.payment_request.created_at IS 'When it was inserted.';
COMMENT ON COLUMN pay.payment_request.state IS
    'What the payments say (pay_private.request_state): open, processing, authorized, paid, overpaid, partially_paid, partially_refunded, refunded, disputed; without a payment cancelled, expired or failed.';
COMMENT ON COLUMN pay.payment_request.closed_as IS
    'Who ended it apart from payments: cancelled (an application or a person), expired (expires_at), failed (the mail); NULL = nobody. A payment that comes nevertheless counts.';
COMMENT ON COLUMN pay.payment_request.closed_at IS 'When it was ended so.';
COMMENT ON COLUMN pay.payment_request.closed_code IS 'Why it was ended so, for programs.';
COMMENT ON COLUMN pay.payment_request.closed_text IS 'Why it was ended so, for people.';
COMMENT ON COLUMN pay.payment_request.reason_code IS 'Why state is what it is, for programs.';
COMMENT ON COLUMN pay.payment_request.reason_text IS 'Why state is what it is, for people.';
COMMENT ON COLUMN pay.payment_request.account_id IS 'Stripe account that the link belongs to, chosen when the link is made.';
COMMENT ON COLUMN pay.payment_request.livemode IS 'Whether the link belongs to Stripe''s live mode.';
COMMENT ON COLUMN pay.payment_request.paid_at IS 'When it was paid in full.';
COMMENT ON COLUMN pay.payment_request.amount_paid IS 'Amount captured so far, in minor units, before refunds and disputes.';
COMMENT ON COLUMN pay.payment_request.amount_refunded IS 'Amount of that which was given back, in minor units.';
COMMENT ON COLUMN pay.payment_request.amount_disputed IS 'Amount of open and lost disputes, in minor units.';
COMMENT ON COLUMN pay.payment_request.amount_processing IS 'Amount on its way by bank debits that are pending, in minor units.';
COMMENT ON COLUMN pay.payment_request.amount_authorized IS 'Amount authorised and not captured, in minor units.';
COMMENT ON COLUMN pay.payment_request.payments IS 'How many payments were captured and not given back in full.';
COMMENT ON COLUMN pay.payment_request.cancel_requested_at IS 'When somebody cancelled it.';
COMMENT ON COLUMN pay.payment_request.cc IS 'Addresses that get a copy of the mail, at most 10.';
COMMENT ON COLUMN pay.payment_request.reminders IS
    'Days before (negative) and after due_on on which the payer is reminded while nothing is paid; at most 10.';
COMMENT ON COLUMN pay.payment_request.receipt_to_payer IS 'Whether the payer gets a receipt.';
COMMENT ON COLUMN pay.payment_request.receipt_to_company IS 'Whether the company''s administrators are told about the payment.';
COMMENT ON COLUMN pay.payment_request.link_wanted_at IS 'When the daemon makes a new link without a mail; NULL = nothing to do.';
COMMENT ON COLUMN pay.payment_request.link_problem IS
    'Why the request has no link that can be paid though it should, for people; NULL = no problem.';
COMMENT ON COLUMN pay.payment_request.payments_under_way IS 'How many payments are authorised or on their way besides.';
COMMENT ON COLUMN pay.payment_request.max_payments IS 'Largest number of payments of a multi-party request; NULL = no limit.';
COMMENT ON CONSTRAINT payment_request_amount_positive ON pay.payment_request IS 'the amount is more than zero';
COMMENT ON CONSTRAINT payment_request_description_given ON pay.payment_request IS 'the description is not blank';
COMMENT ON CONSTRAINT payment_request_message_text ON pay.payment_request IS
    'the message has at most 10,000 characters and no control characters other than tab and line end';
COMMENT ON CONSTRAINT payment_request_due_on_range ON pay.payment_request IS 'due_on lies between 2000 and 2199';
COMMENT ON CONSTRAINT payment_request_expires_at_range ON pay.payment_request IS 'expires_at lies before 2200';
COMMENT ON CONSTRAINT payment_request_send_after_range ON pay.payment_request IS 'send_after lies between 2000 and 2199';
COMMENT ON CONSTRAINT payment_request_priority_range ON pay.payment_request IS 'the priority lies between -10 and 10';
COMMENT ON CONSTRAINT payment_request_metadata_flat ON pay.payment_request IS
    'metadata is a flat JSON object of at most 20 pairs, names to 40 and values to 500 characters, without request_id';
COMMENT ON CONSTRAINT payment_request_expires_after_send ON pay.payment_request IS
    'expires_at lies in the future and after send_after';
COMMENT ON CONSTRAINT payment_request_file_of_company ON pay.payment_request IS
    'the collect payment file exists and belongs to the company';
COMMENT ON CONSTRAINT payment_request_cc_count ON pay.payment_request IS 'a mail has at most 10 copies, none of them to NULL';
COMMENT ON CONSTRAINT payment_request_reminders_range ON pay.payment_request IS
    'there are at most 10 reminders, each at most 365 days before or after due_on';
COMMENT ON CONSTRAINT payment_request_reminders_need_due_on ON pay.payment_request IS 'reminders need due_on';
COMMENT ON CONSTRAINT payment_request_max_payments_positive ON pay.payment_request IS 'max_payments is more than zero';
COMMENT ON CONSTRAINT payment_request_max_payments_of_many ON pay.payment_request IS 'max_payments is for multi-party requests';
