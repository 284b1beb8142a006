-- SPDX-License-Identifier: MIT
-- The kinds of Stripe objects that reconciliation copies into tables, as each kind's store in jobs/reconciliation describes
-- them to the daemon; StreamKinds in tests/postgres/reconciliation compares both.

CREATE OR REPLACE VIEW pay_private.stream_kind AS
SELECT * FROM (VALUES
    ('charges', 'charge', 'charge', 'charge_id', false, ARRAY['ch', 'py']),
    ('refunds', 'refund', 'refund', 'refund_id', false, ARRAY['re', 'pyr']),
    ('disputes', 'dispute', 'dispute', 'dispute_id', false, ARRAY['dp', 'du']),
    ('balance_transactions', 'balance_transaction', 'balance_transaction', 'balance_transaction_id', false, ARRAY['txn']),
    ('payouts', 'payout', 'payout', 'payout_id', false, ARRAY['po']),
    ('application_fees', 'application_fee', 'application_fee', 'application_fee_id', true, ARRAY[]::text[]))
    AS v (stream, object, table_name, id_column, of_platform, id_prefixes);
COMMENT ON VIEW pay_private.stream_kind IS
    'The kinds of streams: each connected account has one stream of each kind, the platform has one of each of its own.';
COMMENT ON COLUMN pay_private.stream_kind.stream IS 'As in pay_private.stream, for example refunds.';
COMMENT ON COLUMN pay_private.stream_kind.object IS 'One of its objects, as in the discrepancy refund_vanished.';
COMMENT ON COLUMN pay_private.stream_kind.table_name IS 'The table in pay_private with one row for each object.';
COMMENT ON COLUMN pay_private.stream_kind.id_column IS 'The column of that table with the object''s id.';
COMMENT ON COLUMN pay_private.stream_kind.of_platform IS 'Whether the objects belong to the platform itself; its streams have the account ''''.';
COMMENT ON COLUMN pay_private.stream_kind.id_prefixes IS 'How ids of its objects begin, before the underscore; none if no other object names them.';
