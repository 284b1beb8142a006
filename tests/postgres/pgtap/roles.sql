-- SPDX-License-Identifier: MIT
-- Who may do what. Every table, view, sequence and function has its line here: one without a decision fails the test.
BEGIN;
SELECT plan(21);

CREATE TEMP VIEW ours AS
SELECT n.oid AS schema FROM pg_namespace n WHERE n.nspname IN ('pay', 'pay_private');
CREATE TEMP VIEW parties AS
SELECT role, column_number
  FROM unnest(ARRAY['pay_app', 'pay_reader', 'pay_operator', 'pay_daemon']) WITH ORDINALITY p (role, column_number);

-- The roles ----------------------------------------------------------------------------------------------------------

SELECT set_eq($$SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'pay\_%'$$,
              ARRAY['pay_owner', 'pay_app', 'pay_reader', 'pay_operator', 'pay_daemon'], 'there are five roles');
SELECT is_empty($$SELECT rolname FROM pg_roles WHERE rolname LIKE 'pay\_%'
                     AND (rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)$$,
                'nobody logs in as one of them, and none may do more than it is given');
SELECT is_empty($$SELECT member::regrole FROM pg_auth_members WHERE member::regrole::text LIKE 'pay\_%'$$,
                'none of them is a member of another');

-- The owner ------------------------------------------------------------------------------------------------------------

SELECT is_empty($$
    SELECT c.oid::regclass::text FROM pg_class c JOIN ours ON c.relnamespace = schema
     WHERE c.relowner <> 'pay_owner'::regrole
    UNION ALL
    SELECT p.oid::regprocedure::text FROM pg_proc p JOIN ours ON p.pronamespace = schema WHERE p.proowner <> 'pay_owner'::regrole
    UNION ALL
    SELECT t.oid::regtype::text FROM pg_type t JOIN ours ON t.typnamespace = schema WHERE t.typowner <> 'pay_owner'::regrole
    UNION ALL
    SELECT n.nspname FROM pg_namespace n JOIN ours ON n.oid = schema WHERE n.nspowner <> 'pay_owner'::regrole$$,
    'everything belongs to pay_owner: roles.sql ends with SET LOCAL ROLE pay_owner');

-- Schemas, tables, views and sequences -----------------------------------------------------------------------------------

SELECT results_eq(
    $$SELECT nspname::text COLLATE "default", array_agg(role ORDER BY column_number) FILTER (WHERE has_schema_privilege(role, n.oid, 'USAGE')),
             coalesce(bool_or(has_schema_privilege(role, n.oid, 'CREATE')), false)
        FROM pg_namespace n JOIN ours ON n.oid = schema CROSS JOIN parties GROUP BY nspname ORDER BY nspname$$,
    $$VALUES ('pay', ARRAY['pay_app', 'pay_reader', 'pay_operator', 'pay_daemon'], false),
             ('pay_private', ARRAY['pay_operator', 'pay_daemon'], false)$$,
    'the schema pay is for all, pay_private for operators and the daemon, and nobody makes objects in them');

-- r SELECT, a INSERT, w UPDATE, d DELETE, U USAGE; a capital letter: of some columns only.
CREATE TEMP TABLE decided (object text, pay_app text, pay_reader text, pay_operator text, pay_daemon text);
INSERT INTO decided VALUES
    ('pay.alarms', '', 'r', 'r', 'r'),
    ('pay.audit', '', 'r', 'r', 'r'),
    ('pay.bounces', 'r', 'r', 'r', 'r'),
    ('pay.branding', 'ra', '', 'r', 'r'),
    ('pay.collect_payment_file', 'ra', '', 'r', 'r'),
    ('pay.command', 'Ra', '', '', 'raw'),
    ('pay.commands', 'r', 'R', 'R', 'r'),
    ('pay.company', 'raW', '', 'r', 'r'),
    ('pay.coverage', 'r', 'r', 'r', 'r'),
    ('pay.deliveries', 'r', 'r', 'r', 'r'),
    ('pay.discrepancies', '', 'r', 'r', 'r'),
    ('pay.disputes', 'r', 'r', 'r', 'r'),
    ('pay.integrations', 'r', 'r', 'r', 'r'),
    ('pay.jobs', '', 'r', 'r', 'r'),
    ('pay.mail_template', 'raWd', '', 'r', 'r'),
    ('pay.my_payments', 'r', 'r', 'r', 'r'),
    ('pay.payment_history', 'r', 'r', 'r', 'r'),
    ('pay.payment_request', 'Ra', '', 'r', 'rw'),
    ('pay.payment_requests', 'r', 'r', 'r', 'r'),
    ('pay.payment_to_bank', 'r', 'r', 'r', 'r'),
    ('pay.payment_totals', 'r', 'r', 'r', 'r'),
    ('pay.payouts', 'r', 'r', 'r', 'r'),
    ('pay.platform_fees', 'r', 'r', 'r', 'r'),
    ('pay.refund_orders', 'r', 'r', 'r', 'r'),
    ('pay.refunds', 'r', 'r', 'r', 'r'),
    ('pay.requirements', 'r', 'r', 'r', 'r'),
    ('pay.runs', '', 'r', 'r', 'r'),
    ('pay.settings', 'r', 'r', 'r', 'r'),
    ('pay.stage_detection', '', 'r', 'r', 'r'),
    ('pay.stage_history', 'r', 'r', 'r', 'r'),
    ('pay.suppression', 'rad', '', 'rad', 'ra'),
    ('pay_private.audited', '', '', 'r', 'rad'),
    ('pay_private.balance_base', '', '', 'r', 'r'),
    ('pay_private.balance_snapshot', '', '', 'r', 'rawd'),
    ('pay_private.balance_sum', '', '', 'r', 'r'),
    ('pay_private.balance_transaction_fee', '', '', 'r', 'rawd'),
    ('pay_private.bounce', '', '', 'r', 'ra'),
    ('pay_private.charge_history', '', '', 'r', 'ra'),
    ('pay_private.complete_since', '', '', 'r', 'r'),
    ('pay_private.coverage', '', '', 'r', 'rawd'),
    ('pay_private.currency', '', '', 'r', 'r'),
    ('pay_private.daemon', '', '', 'r', 'rawd'),
    ('pay_private.delivery', '', '', 'r', 'raw'),
    ('pay_private.delivery_attempt', '', '', 'r', 'rawd'),
    ('pay_private.deployment', '', '', 'r', 'rw'),
    ('pay_private.discrepancy', '', '', 'r', 'raw'),
    ('pay_private.erase_salt', '', '', '', ''),
    ('pay_private.erased', '', '', 'r', ''),
    ('pay_private.follow_up', '', '', 'r', 'r'),
    ('pay_private.fuse', '', '', 'r', 'rw'),
    ('pay_private.held_company', '', '', '', 'rawd'),
    ('pay_private.integration', '', '', 'r', 'raw'),
    ('pay_private.integration_rule', '', '', 'r', 'r'),
    ('pay_private.invariant', '', '', 'r', 'r'),
    ('pay_private.job', '', '', 'r', 'raw'),
    ('pay_private.latest_restart', '', '', 'r', 'r'),
    ('pay_private.lease_token', '', '', '', 'U'),
    ('pay_private.mail_account_hold', '', '', 'r', 'r'),
    ('pay_private.message', '', '', '', 'raw'),
    ('pay_private.link_sweep', '', '', 'r', 'raw'),
    ('pay_private.oauth_code', '', '', '', 'rad'),
    ('pay_private.oauth_state', '', '', '', 'rawd'),
    ('pay_private.payment_link', '', '', 'r', 'raw'),
    ('pay_private.payment_method', '', '', 'r', 'r'),
    ('pay_private.payout_sum', '', '', 'r', 'r'),
    ('pay_private.quarantine', '', '', 'r', 'rawd'),
    ('pay_private.readable_account', '', '', 'r', 'r'),
    ('pay_private.refund_order', '', '', 'r', 'rw'),
    ('pay_private.repair_plan', '', '', 'r', 'r'), ('pay_private.history_restart', '', '', 'r', 'r'),
    ('pay_private.coverage_gap', '', '', 'r', 'r'),
    ('pay_private.request_detail', '', '', 'r', 'r'),
    ('pay_private.request_facts', '', '', 'r', 'r'),
    ('pay_private.request_payment', '', '', 'r', 'r'),
    ('pay_private.requirement', '', '', 'r', 'r'),
    ('pay_private.requirement_word', '', '', 'r', 'r'),
    ('pay_private.reread', '', '', 'r', 'rawd'),
    ('pay_private.rule', '', '', 'r', 'r'),
    ('pay_private.run', '', '', 'r', 'rawd'),
    ('pay_private.schema_code', '', '', 'r', 'r'),
    ('pay_private.schema_upgrade', '', '', 'r', 'r'),
    ('pay_private.setting', '', '', 'r', 'rw'),
    ('pay_private.slice', '', '', 'r', 'rawd'),
    ('pay_private.stage_event', '', '', 'r', 'ra'),
    ('pay_private.stream', '', '', 'r', 'raw'),
    ('pay_private.stream_kind', '', '', 'r', 'r'),
    ('pay_private.stripe_call', '', '', '', 'rawd'),
    ('pay_private.stripe_file', '', '', '', 'ra'),
    ('pay_private.suspicion', '', '', 'r', 'rawd'),
    ('pay_private.sweep', '', '', 'r', 'rw'),
    ('pay_private.swept_account', '', '', '', 'rawd'),
    ('pay_private.uncheckable', '', '', 'r', 'r'),
    ('pay_private.unsettled_link', '', '', 'r', 'r'),
    ('pay_private.violation', '', '', 'r', 'r');
-- A new rule and a new stream kind need no line here.
INSERT INTO decided SELECT 'pay_private.' || view, '', '', 'r', 'r' FROM pay_private.rule;
INSERT INTO decided SELECT 'pay_private.' || table_name, '', '', 'r', 'raw' FROM pay_private.stream_kind;

CREATE TEMP VIEW granted AS
SELECT o.object, array_agg(rights ORDER BY column_number) AS rights
  FROM (SELECT c.oid, c.relkind, n.nspname || '.' || c.relname AS object
          FROM pg_class c JOIN ours ON c.relnamespace = schema JOIN pg_namespace n ON n.oid = schema
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                              AND d.deptype = 'i' AND c.relkind = 'S')) o
 CROSS JOIN parties p
 CROSS JOIN LATERAL (
    SELECT CASE WHEN o.relkind = 'S' THEN CASE WHEN has_sequence_privilege(p.role, o.oid, 'USAGE') THEN 'U' ELSE '' END
           ELSE coalesce(string_agg(CASE WHEN has_table_privilege(p.role, o.oid, r.privilege) THEN r.letter
                                         WHEN r.of_columns AND has_any_column_privilege(p.role, o.oid, r.privilege)
                                         THEN upper(r.letter) END, '' ORDER BY r.place), '') END AS rights
      FROM (VALUES ('SELECT', 'r', true, 1), ('INSERT', 'a', true, 2), ('UPDATE', 'w', true, 3), ('DELETE', 'd', false, 4),
                   ('TRUNCATE', 't', false, 5), ('REFERENCES', 'x', true, 6), ('TRIGGER', 'g', false, 7))
           r (privilege, letter, of_columns, place)) rights
 GROUP BY o.object;
SELECT is_empty('SELECT object FROM granted WHERE object NOT IN (SELECT object FROM decided)',
                'each table, view and sequence has a decision');
SELECT is_empty('SELECT object FROM decided WHERE object NOT IN (SELECT object FROM granted)', 'each decision has an object');
SELECT is_empty($$SELECT d.object, g.rights, ARRAY[d.pay_app, d.pay_reader, d.pay_operator, d.pay_daemon] AS decided
                    FROM decided d JOIN granted g USING (object)
                   WHERE g.rights <> ARRAY[d.pay_app, d.pay_reader, d.pay_operator, d.pay_daemon]$$,
                'the rights are what was decided');
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class c JOIN ours ON c.relnamespace = schema
                   CROSS JOIN LATERAL aclexplode(c.relacl) a WHERE a.grantee = 0 OR a.is_grantable AND a.grantee <> c.relowner$$,
                'PUBLIC has no right in them, and nobody hands one on');

-- Domains -----------------------------------------------------------------------------------------------------------------

SELECT is_empty($$SELECT t.oid::regtype FROM pg_type t JOIN ours ON t.typnamespace = schema
                   WHERE t.typtype = 'd'
                     AND (has_type_privilege('public', t.oid, 'USAGE')
                          OR EXISTS (SELECT FROM parties WHERE NOT has_type_privilege(role, t.oid, 'USAGE')))$$,
                'the four roles may use each domain in objects of their own, PUBLIC may not');

-- Functions --------------------------------------------------------------------------------------------------------------

CREATE TEMP TABLE decided_function (name text, pay_app boolean, pay_reader boolean, pay_operator boolean, pay_daemon boolean);
INSERT INTO decided_function
SELECT 'pay.' || unnest(ARRAY['add_collect_payment_file', 'change_payment_request_expiry', 'close_payment_request', 'command_status', 'complete_oauth',
                              'connect', 'disconnect', 'finalize', 'manage', 'reconnect', 'refresh', 'refund', 'register_company',
                              'remind_payment_request', 'replace_payment_link', 'request_payment', 'set_branding',
                              'set_mail_template', 'update_branding', 'update_settings']), true, false, false, false
UNION ALL
SELECT 'pay.' || unnest(ARRAY['cancel_command', 'cancel_payment_request', 'report_bounce', 'resend_payment_request',
                              'unsuppress']),
       true, false, true, false
UNION ALL
SELECT 'pay.my_payments', true, true, true, true
UNION ALL
SELECT 'pay.request_status', true, true, true, false
UNION ALL
-- Inside views and checks: with the rights of whoever reads or writes the row.
SELECT 'pay_private.' || unnest(ARRAY['due_words', 'stripe_keeps']), true, true, true, true
UNION ALL
SELECT 'pay_private.metadata_ok', true, false, false, true
UNION ALL
SELECT 'pay_private.is_international_address', true, false, true, true
UNION ALL
SELECT 'pay_private.error_bound', false, true, true, true
UNION ALL
SELECT 'pay_private.' || unnest(ARRAY['accept_discrepancy', 'backfill', 'clear_fuse', 'erase_subject', 'repair', 'requeue_mail', 'requeue_mails',
                                      'resolve_mail', 'resume_mail_account', 'stream_of']), false, false, true, false
UNION ALL
SELECT 'pay_private.' || unnest(ARRAY['pause_job', 'resume_job', 'run_job']), false, false, true, true
UNION ALL
SELECT 'pay_private.' || unnest(ARRAY['hold_mail_account', 'record_violations', 'repair_step']), false, false, true, true
UNION ALL
SELECT 'pay_private.' || unnest(ARRAY['amount_due', 'application_fee', 'backfill_plan', 'given_back', 'link_demand', 'mail_may_go', 'mail_texts',
                                      'request_state', 'request_wants_mails', 'stage_rule']), false, false, true, true
UNION ALL
SELECT 'pay_private.' || unnest(ARRAY['as_email', 'charge_words', 'close_request', 'disconnect', 'do_follow_up',
                                      'draw_sample', 'due_deliveries', 'due_in_line', 'due_links', 'expire_requests',
                                      'fail_request_of', 'follow_up', 'fuse_lets_pass', 'is_overtaken', 'is_time_zone',
                                      'last_seen', 'link_due', 'move_stray_mails', 'next_check', 'next_link_company', 'note_settings',
                                      'prune_messages', 'queue_debit_failed_mail', 'queue_dispute_mails', 'queue_refund_mails', 'record_stage',
                                      'release_held_mails', 'release_held_mails_of', 'restage', 'returned_delivery', 'sending_time',
                                      'settle_abandoned', 'settle_requests', 'take_bounce', 'unfinished_delivery', 'unwant_links_of']),
       false, false, false, true
UNION ALL
-- Called by other functions only.
SELECT 'pay_private.' || unnest(ARRAY['bad_argument', 'replace_words', 'enqueue_command', 'erased_as', 'filter_value', 'contains_any', 'can_be_checked', 'lock_request',
                                      'refuse_not_open', 'require_job', 'picture_size', 'pseudonym', 'queue_delivery', 'request_reread', 'refuse_disabled', 'repair_by_reading', 'restart_charge_history', 'charge_history_step', 'switch_link_off',
                                      'add_rule', 'unite_rules', 'unwant_links', 'open_request', 'queue_receipts', 'set_request_states',
                                      'settle_deliveries', 'settle_discrepancies', 'settle_links', 'replace_erased_addresses',
                                      'ascii_label_length', 'attached_size', 'charge_to_refund', 'company_overhead', 'company_recipients',
                                      'html_tag', 'html_text', 'is_combining_mark', 'is_domain_label', 'is_domain_letter',
                                      'is_right_to_left', 'layout_head_problem', 'message_overhead', 'next_expiring_company', 'plan_reminders',
                                      'queue_notice', 'refundable', 'refuse_request', 'request_walk', 'set_desired_setting',
                                      'template_asks', 'template_html_problem', 'template_names', 'template_outside_conditions', 'template_problem',
                                      'template_tags_problem', 'time_zone_of', 'want_links_of', 'word_forms']),
       false, false, false, false
UNION ALL
SELECT 'pay_private.' || proname, false, false, false, false
  FROM pg_proc WHERE pronamespace = 'pay_private'::regnamespace AND proname ~ '^rule_\d\d_(step|repair)$'
UNION ALL
-- Triggers.
SELECT 'pay_private.' || unnest(ARRAY['accept_commands', 'accept_payment_requests', 'check_mail_template', 'check_pictures', 'check_time_zone',
                                      'clear_link_problem', 'link_of_company', 'retry_links',
                                      'erase_charge', 'erase_delivery', 'erase_ledger_row',
                                      'erase_quarantine', 'erase_words', 'fail_suppressed', 'forget_oauth_code', 'store_requirements', 'check_stage_chain',
                                      'number_collect_payment_file', 'queue_payment_requests', 'queue_reminders',
                                      'refuse_change', 'clear_next_attempt', 'set_due', 'set_mail_account', 'start_command', 'start_payment_request', 'wake',
                                      'wake_held_mails', 'wake_if_changed']), false, false, false, false;
CREATE TEMP VIEW callable AS
SELECT n.nspname || '.' || p.proname AS name,
       array_agg(DISTINCT (column_number, has_function_privilege(role, p.oid, 'EXECUTE'))::text) AS rights
  FROM pg_proc p JOIN ours ON p.pronamespace = schema JOIN pg_namespace n ON n.oid = schema CROSS JOIN parties
 GROUP BY 1;
SELECT set_eq('SELECT name FROM callable', 'SELECT name FROM decided_function', 'each function has a decision');
SELECT is_empty($$SELECT name, c.rights FROM callable c JOIN decided_function d USING (name)
                   WHERE c.rights <> ARRAY[(1, pay_app)::text, (2, pay_reader)::text, (3, pay_operator)::text,
                                           (4, pay_daemon)::text]$$,
                'who may call a function is what was decided');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p JOIN ours ON p.pronamespace = schema
                   WHERE has_function_privilege('public', p.oid, 'EXECUTE')$$, 'PUBLIC may call none');
SELECT set_eq($$SELECT p.oid::regproc::text FROM pg_proc p WHERE p.pronamespace = 'pay_private'::regnamespace
                   AND p.prosecdef AND p.prorettype <> 'trigger'::regtype$$,
              $$SELECT f::regproc::text FROM unnest(ARRAY['pay_private.accept_discrepancy', 'pay_private.backfill', 'pay_private.clear_fuse',
                  'pay_private.close_request', 'pay_private.do_follow_up', 'pay_private.due_words',
                  'pay_private.erase_subject', 'pay_private.expire_requests', 'pay_private.follow_up',
                  'pay_private.hold_mail_account', 'pay_private.is_international_address', 'pay_private.pause_job',
                  'pay_private.queue_debit_failed_mail', 'pay_private.queue_dispute_mails', 'pay_private.queue_refund_mails',
                  'pay_private.record_violations', 'pay_private.repair', 'pay_private.repair_step',
                  'pay_private.requeue_mail', 'pay_private.requeue_mails', 'pay_private.resolve_mail',
                  'pay_private.resume_job', 'pay_private.resume_mail_account', 'pay_private.run_job',
                  'pay_private.settle_requests', 'pay_private.unwant_links_of']) f$$,
              'of the helpers only these run with the owner''s rights');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p JOIN ours ON p.pronamespace = schema
                   WHERE NOT p.prosecdef AND (schema = 'pay'::regnamespace OR p.prorettype = 'trigger'::regtype)$$,
                'what others call, and triggers, run with the owner''s rights');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p JOIN ours ON p.pronamespace = schema
                   WHERE p.prosecdef AND NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=pay, pay_private, pg_temp']$$,
                'and look for names in our schemas first, in pg_temp last');

SET LOCAL ROLE pay_owner;
CREATE FUNCTION pay_private.new_one() RETURNS integer LANGUAGE sql AS 'SELECT 1';
RESET ROLE;
SELECT is_empty($$SELECT role FROM parties WHERE has_function_privilege(role, 'pay_private.new_one()', 'EXECUTE')$$,
                'a new function is nobody''s until it is given');

-- Columns --------------------------------------------------------------------------------------------------------------

PREPARE columns_of AS
SELECT array_agg(a.attname::text COLLATE "default" ORDER BY a.attname)
  FROM pg_attribute a
 WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
   AND has_column_privilege($2, a.attrelid, a.attnum, $3);
SELECT results_eq($$EXECUTE columns_of('pay.command', 'pay_app', 'SELECT')$$,
                  $$VALUES (ARRAY['command_id', 'company', 'created_at', 'kind', 'request_key', 'requested_by', 'seq', 'state'])$$,
                  'an application reads the keys of its commands, not their tokens');
SELECT results_eq($$EXECUTE columns_of('pay.payment_request', 'pay_app', 'SELECT')$$,
                  $$VALUES (ARRAY['company', 'created_at', 'request_id', 'request_key', 'requested_by', 'seq', 'state'])$$,
                  'and those of its requests');
SELECT results_eq($$SELECT a.attname::text COLLATE "default" FROM pg_attribute a
                     WHERE a.attrelid = 'pay.commands'::regclass AND a.attnum > 0
                       AND NOT has_column_privilege('pay_reader', a.attrelid, a.attnum, 'SELECT')
                       AND NOT has_column_privilege('pay_operator', a.attrelid, a.attnum, 'SELECT') ORDER BY 1$$,
                  $$VALUES ('result'), ('result_url'), ('result_url_expires_at')$$,
                  'who only looks sees no link to Stripe''s form and no token');
SELECT results_eq($$EXECUTE columns_of('pay.company', 'pay_app', 'UPDATE')$$,
                  $$VALUES (ARRAY['admin_emails', 'country', 'default_currency', 'email', 'enabled', 'locale',
                                  'mail_account', 'muted_mails', 'name', 'send_from', 'send_until', 'time_zone', 'updated_at'])$$,
                  'an application changes what it knows of a company, and not which company it is');

SELECT * FROM finish();
ROLLBACK;
