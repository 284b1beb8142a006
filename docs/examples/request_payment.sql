-- SPDX-License-Identifier: MIT
-- One payment request from psql, as a member of pay_app. In psql:
--   psql service=shop -v company=kit-completed -v email=payer@example.com -v invoice=17 -f request_payment.sql
\set ON_ERROR_STOP on
SELECT pay.register_company(:'company') AS registered \gset
LISTEN pay_request_changed;
SELECT pay.request_payment(:'company', :'email', 4250, 'usd', 'Invoice ' || :'invoice',
                           request_key => 'sql-invoice-' || :'invoice', metadata => '{"order": 17}') AS request \gset
-- Rely on polling; NOTIFY only shortens the wait.
SELECT pg_sleep(0.2) FROM generate_series(1, 50)
 WHERE (SELECT delivery FROM pay.request_status(:'request')) IN ('queued', 'ready', 'sending', 'committing') \g /dev/null
SELECT state, delivery, amount_decimal, currency FROM pay.request_status(:'request');
