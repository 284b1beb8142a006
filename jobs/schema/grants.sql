-- SPDX-License-Identifier: MIT
-- Every right of the four roles; applied with the code. All are revoked first, so that a line removed here is a right that
-- is gone. Rights that an administrator gave to other roles stay.

REVOKE ALL ON SCHEMA pay, pay_private FROM PUBLIC, pay_app, pay_reader, pay_operator, pay_daemon;
REVOKE ALL ON ALL TABLES IN SCHEMA pay, pay_private FROM PUBLIC, pay_app, pay_reader, pay_operator, pay_daemon;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA pay, pay_private FROM PUBLIC, pay_app, pay_reader, pay_operator, pay_daemon;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pay, pay_private FROM PUBLIC, pay_app, pay_reader, pay_operator, pay_daemon;
REVOKE ALL ON DOMAIN pay.account_id, pay.country, pay.currency, pay.email, pay.header_text, pay.locale, pay.request_key
    FROM PUBLIC, pay_app, pay_reader, pay_operator, pay_daemon;
-- PostgreSQL lets everybody call a new function, if nobody says otherwise.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

GRANT USAGE ON SCHEMA pay TO pay_app, pay_reader, pay_operator, pay_daemon;
GRANT USAGE ON SCHEMA pay_private TO pay_operator, pay_daemon;
-- Needed for a view or table of one's own that has a column of such a type; a query needs no right.
GRANT USAGE ON DOMAIN pay.account_id, pay.country, pay.currency, pay.email, pay.header_text, pay.locale, pay.request_key
    TO pay_app, pay_reader, pay_operator, pay_daemon;

-- Applications and reports ------------------------------------------------------------------------------------------

GRANT SELECT ON pay.bounces, pay.coverage, pay.deliveries, pay.disputes, pay.integrations, pay.my_payments,
    pay.payment_history, pay.payment_requests, pay.payment_to_bank, pay.payment_totals, pay.payouts, pay.platform_fees,
    pay.refund_orders, pay.refunds, pay.requirements, pay.settings, pay.stage_history
    TO pay_app, pay_reader, pay_operator;
GRANT SELECT ON pay.alarms, pay.audit, pay.discrepancies, pay.jobs, pay.runs, pay.stage_detection
    TO pay_reader, pay_operator;
GRANT SELECT ON pay.commands TO pay_app;
-- Not the link to Stripe's form and not the token that confirms a disconnect: whoever has one acts for the company.
GRANT SELECT (command_id, seq, company, kind, email, country, account_id, request_key, requested_by, created_at, state,
              result_account_id, error_code, error_text, attempts, run_after, finished_at)
    ON pay.commands TO pay_reader, pay_operator;

GRANT SELECT, INSERT ON pay.branding, pay.collect_payment_file, pay.company, pay.mail_template, pay.suppression
    TO pay_app;
GRANT UPDATE (name, email, locale, country, default_currency, enabled, admin_emails, mail_account, time_zone, send_from,
              send_until, muted_mails, updated_at)
    ON pay.company TO pay_app;
GRANT UPDATE (subject, body_text, body_html), DELETE ON pay.mail_template TO pay_app;
GRANT DELETE ON pay.suppression TO pay_app;
-- The queues: rows are added, and what RETURNING and ON CONFLICT need is read; all else is in the views.
GRANT INSERT, SELECT (command_id, seq, company, kind, request_key, requested_by, created_at, state)
    ON pay.command TO pay_app;
GRANT INSERT, SELECT (request_id, seq, company, request_key, requested_by, created_at, state)
    ON pay.payment_request TO pay_app;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pay TO pay_app;
GRANT EXECUTE ON FUNCTION pay.my_payments, pay.request_status TO pay_reader, pay_operator;
-- Functions inside views and checks run with the rights of whoever reads or writes the row.
GRANT EXECUTE ON FUNCTION pay_private.due_words, pay_private.stripe_keeps TO pay_app, pay_reader, pay_operator;
GRANT EXECUTE ON FUNCTION pay_private.error_bound TO pay_reader, pay_operator;
GRANT EXECUTE ON FUNCTION pay_private.amount_due, pay_private.given_back, pay_private.link_demand, pay_private.mail_may_go, pay_private.request_state,
    pay_private.request_wants_mails TO pay_operator, pay_daemon;
GRANT EXECUTE ON FUNCTION pay_private.metadata_ok TO pay_app;
GRANT EXECUTE ON FUNCTION pay_private.is_international_address TO pay_app, pay_operator, pay_daemon;

-- Operators ---------------------------------------------------------------------------------------------------------

GRANT SELECT ON pay.branding, pay.collect_payment_file, pay.company, pay.mail_template, pay.payment_request TO pay_operator;
GRANT SELECT, INSERT, DELETE ON pay.suppression TO pay_operator;
GRANT EXECUTE ON FUNCTION pay.cancel_command, pay.cancel_payment_request, pay.report_bounce, pay.resend_payment_request,
    pay.unsuppress TO pay_operator;
GRANT SELECT ON pay_private.audited, pay_private.balance_base, pay_private.balance_snapshot, pay_private.balance_sum,
    pay_private.balance_transaction_fee, pay_private.bounce, pay_private.history_restart, pay_private.charge_history,
    pay_private.complete_since, pay_private.coverage, pay_private.currency, pay_private.daemon,
    pay_private.coverage_gap, pay_private.delivery, pay_private.delivery_attempt, pay_private.deployment, pay_private.discrepancy,
    pay_private.erased, pay_private.follow_up, pay_private.fuse, pay_private.integration,
    pay_private.integration_rule, pay_private.invariant, pay_private.job, pay_private.latest_restart,
    pay_private.link_sweep, pay_private.mail_account_hold, pay_private.payment_link, pay_private.payment_method,
    pay_private.payout_sum, pay_private.quarantine, pay_private.refund_order,
    pay_private.readable_account, pay_private.repair_plan, pay_private.request_detail, pay_private.request_facts, pay_private.request_payment, pay_private.requirement,
    pay_private.requirement_word, pay_private.reread, pay_private.rule, pay_private.run, pay_private.schema_code,
    pay_private.schema_upgrade, pay_private.setting, pay_private.slice, pay_private.stage_event, pay_private.stream,
    pay_private.stream_kind, pay_private.suspicion, pay_private.sweep, pay_private.uncheckable, pay_private.unsettled_link,
    pay_private.violation TO pay_operator;
DO $$
BEGIN
    EXECUTE (SELECT 'GRANT SELECT ON ' || string_agg(format('pay_private.%I', view), ', ') || ' TO pay_operator'
               FROM pay_private.rule);
    EXECUTE (SELECT 'GRANT SELECT ON ' || string_agg(format('pay_private.%I', table_name), ', ') || ' TO pay_operator'
               FROM pay_private.stream_kind);
    EXECUTE (SELECT 'GRANT INSERT, UPDATE ON ' || string_agg(format('pay_private.%I', table_name), ', ') || ' TO pay_daemon'
               FROM pay_private.stream_kind);
END $$;
GRANT EXECUTE ON FUNCTION pay_private.accept_discrepancy, pay_private.application_fee, pay_private.backfill,
    pay_private.backfill_plan, pay_private.clear_fuse, pay_private.erase_subject, pay_private.hold_mail_account, pay_private.mail_texts,
    pay_private.pause_job, pay_private.record_violations, pay_private.repair, pay_private.repair_step,
    pay_private.requeue_mail, pay_private.requeue_mails, pay_private.resolve_mail, pay_private.resume_job,
    pay_private.resume_mail_account, pay_private.run_job,
    pay_private.stage_rule, pay_private.stream_of TO pay_operator;

-- The daemon: reads everything but the salt of erased addresses, writes what is its own, changes no structure ---------

GRANT SELECT ON ALL TABLES IN SCHEMA pay, pay_private TO pay_daemon;
REVOKE SELECT ON pay_private.erase_salt, pay_private.erased FROM pay_daemon;
GRANT EXECUTE ON FUNCTION pay.my_payments TO pay_daemon;
GRANT EXECUTE ON FUNCTION pay_private.application_fee, pay_private.as_email, pay_private.backfill_plan,
    pay_private.charge_words, pay_private.close_request, pay_private.disconnect, pay_private.do_follow_up,
    pay_private.draw_sample, pay_private.due_deliveries, pay_private.due_in_line, pay_private.due_links,
    pay_private.due_words, pay_private.error_bound, pay_private.expire_requests, pay_private.fail_request_of,
    pay_private.follow_up, pay_private.fuse_lets_pass, pay_private.hold_mail_account, pay_private.is_overtaken,
    pay_private.is_time_zone, pay_private.last_seen, pay_private.link_due, pay_private.mail_texts, pay_private.metadata_ok,
    pay_private.move_stray_mails, pay_private.next_check, pay_private.next_link_company, pay_private.note_settings,
    pay_private.prune_messages, pay_private.queue_debit_failed_mail, pay_private.queue_dispute_mails, pay_private.queue_refund_mails,
    pay_private.record_stage, pay_private.record_violations, pay_private.release_held_mails, pay_private.release_held_mails_of,
    pay_private.repair_step, pay_private.restage, pay_private.returned_delivery, pay_private.sending_time,
    pay_private.settle_abandoned, pay_private.settle_requests, pay_private.stage_rule, pay_private.stripe_keeps,
    pay_private.take_bounce, pay_private.unfinished_delivery, pay_private.unwant_links_of TO pay_daemon;
-- For requests over D-Bus, which polkit has authorised.
GRANT EXECUTE ON FUNCTION pay_private.pause_job, pay_private.resume_job, pay_private.run_job TO pay_daemon;
GRANT USAGE ON SEQUENCE pay_private.lease_token TO pay_daemon;
GRANT INSERT, UPDATE ON pay.command TO pay_daemon;
GRANT UPDATE ON pay.payment_request TO pay_daemon;
GRANT INSERT ON pay.suppression TO pay_daemon;
GRANT INSERT, UPDATE ON pay_private.delivery, pay_private.delivery_attempt, pay_private.discrepancy,
    pay_private.integration, pay_private.job, pay_private.link_sweep, pay_private.message,
    pay_private.payment_link, pay_private.stream, pay_private.stripe_call TO pay_daemon;
GRANT UPDATE ON pay_private.refund_order TO pay_daemon;
GRANT DELETE ON pay_private.delivery_attempt, pay_private.stripe_call TO pay_daemon;
GRANT INSERT, UPDATE, DELETE ON pay_private.balance_snapshot, pay_private.balance_transaction_fee, pay_private.coverage,
    pay_private.daemon, pay_private.held_company, pay_private.oauth_state, pay_private.quarantine, pay_private.reread, pay_private.run,
    pay_private.slice, pay_private.suspicion, pay_private.swept_account TO pay_daemon;
GRANT INSERT ON pay_private.bounce, pay_private.charge_history, pay_private.stage_event, pay_private.stripe_file
    TO pay_daemon;
GRANT INSERT, DELETE ON pay_private.audited, pay_private.oauth_code TO pay_daemon;
GRANT UPDATE ON pay_private.deployment, pay_private.fuse, pay_private.setting, pay_private.sweep TO pay_daemon;
