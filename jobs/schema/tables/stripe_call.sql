-- SPDX-License-Identifier: MIT
-- Idempotency keys of writes to Stripe.

CREATE TABLE pay_private.stripe_call (
    idempotency_key text PRIMARY KEY CONSTRAINT stripe_call_key_length CHECK (length(idempotency_key) <= 255),
    account_id text,
    method text NOT NULL DEFAULT 'POST',
    path text NOT NULL,
    body text NOT NULL,
    purpose text NOT NULL,
    subject text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    status integer,
    object_id text,
    request_id text,
    finished_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now() + interval '5 minutes'
) WITH (fillfactor = 85);
CREATE INDEX stripe_call_by_subject ON pay_private.stripe_call (subject, created_at);
CREATE INDEX stripe_call_unfinished ON pay_private.stripe_call (next_try_at)
    WHERE finished_at IS NULL AND purpose = 'payment_link';
CREATE INDEX stripe_call_old ON pay_private.stripe_call (created_at);
COMMENT ON TABLE pay_private.stripe_call IS
    'Every writing call to Stripe. Key and body are stored before the first byte leaves, so that a repetition is the same call.';
COMMENT ON COLUMN pay_private.stripe_call.idempotency_key IS 'Stripe''s Idempotency-Key, at most 255 characters, kept by Stripe for 24 hours.';
COMMENT ON COLUMN pay_private.stripe_call.account_id IS 'Stripe-Account of the call; NULL = the platform itself.';
COMMENT ON COLUMN pay_private.stripe_call.method IS 'HTTP method.';
COMMENT ON COLUMN pay_private.stripe_call.path IS 'Path of the resource.';
COMMENT ON COLUMN pay_private.stripe_call.body IS 'The form, byte for byte.';
COMMENT ON COLUMN pay_private.stripe_call.purpose IS 'Purpose of the call, for example create_account.';
COMMENT ON COLUMN pay_private.stripe_call.subject IS 'Id of the row on whose behalf.';
COMMENT ON COLUMN pay_private.stripe_call.created_at IS 'When the intent was stored.';
COMMENT ON COLUMN pay_private.stripe_call.status IS 'HTTP status of the final answer; NULL although it is finished: it was given up, and nothing came of it.';
COMMENT ON COLUMN pay_private.stripe_call.object_id IS 'Id of what came of it.';
COMMENT ON COLUMN pay_private.stripe_call.request_id IS 'Stripe''s Request-Id of the answer.';
COMMENT ON COLUMN pay_private.stripe_call.finished_at IS 'When the final answer was stored; NULL = not known yet.';
COMMENT ON COLUMN pay_private.stripe_call.tries IS 'How often an unfinished creation of a payment link was taken up again apart from its request.';
COMMENT ON COLUMN pay_private.stripe_call.next_try_at IS 'When it is taken up next.';
