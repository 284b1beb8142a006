-- SPDX-License-Identifier: MIT
-- Who may do what: five roles that nobody logs in as, the owner of everything among them. Each later migration begins
-- with SET LOCAL ROLE pay_owner, and decides about what it adds.

-- Roles belong to the whole cluster: they may be there already, or be made by another database's migration right now.
DO $$
DECLARE
    wanted CONSTANT text[] := ARRAY[
        'pay_owner', 'Owns the schemas pay and pay_private; functions that act for others run with its rights. Members may migrate.',
        'pay_app', 'Applications: insert companies, commands and payment requests, call the functions, read the views.',
        'pay_reader', 'Reports: read the views of the schema pay.',
        'pay_operator', 'People who run paysync: what paysyncctl needs.',
        'pay_daemon', 'The daemon paysyncd.'];
    by_hand CONSTANT text :=
        (SELECT string_agg(format('CREATE ROLE %I NOLOGIN; ', wanted[i]), '' ORDER BY i) FROM generate_series(1, 9, 2) i)
        || format('GRANT pay_owner TO %I;', current_user);
    name text;
BEGIN
    FOR i IN 1..9 BY 2 LOOP
        name := wanted[i];
        IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
                EXECUTE format('COMMENT ON ROLE %I IS %L', name, wanted[i + 1]);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    NULL;  -- Another database's migration was first.
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'the role % is missing, and % may not create it', name, current_user
                        USING ERRCODE = 'insufficient_privilege',
                              HINT = 'Migrate as a role that may, or let one run this once for the whole cluster: ' || by_hand;
            END;
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'pay_owner' AND (r.rolcanlogin OR r.rolsuper)) THEN
        RAISE EXCEPTION 'the role pay_owner can log in or is a superuser, so it is not the one that paysync means'
            USING ERRCODE = 'invalid_role_specification', HINT = 'ALTER ROLE pay_owner NOLOGIN NOSUPERUSER';
    END IF;
    IF NOT pg_has_role('pay_owner', 'USAGE') THEN
        BEGIN
            GRANT pay_owner TO CURRENT_USER;
        EXCEPTION
            WHEN unique_violation THEN
                NULL;  -- Another database's migration was first.
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION '% is no member of pay_owner, which owns what is migrated', current_user
                    USING ERRCODE = 'insufficient_privilege',
                          HINT = format('Migrate as a member, or let somebody run: GRANT pay_owner TO %I;', current_user);
        END;
    END IF;
END $$;

-- Everything belongs to the owner. The schemas come first: an owner of tables has to be allowed to make them.
ALTER SCHEMA pay OWNER TO pay_owner;
ALTER SCHEMA pay_private OWNER TO pay_owner;
DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT format('ALTER %s %s OWNER TO pay_owner',
                      CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'v' THEN 'VIEW' ELSE 'SEQUENCE' END, c.oid::regclass)
          FROM pg_class c
         WHERE c.relnamespace IN ('pay'::regnamespace, 'pay_private'::regnamespace) AND c.relkind IN ('r', 'v', 'S')
           -- The sequence of an identity column goes with its table.
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                              AND d.deptype = 'i' AND c.relkind = 'S')
        UNION ALL
        SELECT format('ALTER DOMAIN %s OWNER TO pay_owner', t.oid::regtype)
          FROM pg_type t
         WHERE t.typnamespace IN ('pay'::regnamespace, 'pay_private'::regnamespace) AND t.typtype = 'd'
        UNION ALL
        SELECT format('ALTER FUNCTION %s OWNER TO pay_owner', p.oid::regprocedure)
          FROM pg_proc p
         WHERE p.pronamespace IN ('pay'::regnamespace, 'pay_private'::regnamespace)
        UNION ALL
        -- What others call, and what their rows set off, reaches pay_private with the owner's rights, not with theirs.
        SELECT format('ALTER FUNCTION %s SECURITY DEFINER', p.oid::regprocedure)
          FROM pg_proc p
         WHERE p.pronamespace = 'pay'::regnamespace
            OR (p.pronamespace = 'pay_private'::regnamespace AND p.prorettype = 'trigger'::regtype)
    LOOP
        EXECUTE statement;
    END LOOP;
END $$;

SET LOCAL ROLE pay_owner;

CREATE FUNCTION pay_private.resolve_mail(id uuid, arrived boolean) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pay, pay_private, pg_temp
    AS $$
DECLARE
    resolved integer;
BEGIN
    UPDATE delivery d
       SET state = CASE WHEN resolve_mail.arrived THEN 'sent' ELSE 'deferred' END,
           accepted_at = CASE WHEN resolve_mail.arrived THEN now() END, next_attempt_at = now(),
           reason_code = NULL, reason_text = NULL
      FROM payment_request r
     WHERE r.request_id = d.request_id AND resolve_mail.id IN (d.request_id, d.delivery_id)
       AND d.state = 'in_doubt' AND (resolve_mail.arrived OR d.charge_id IS NOT NULL OR r.state = 'open');
    GET DIAGNOSTICS resolved = ROW_COUNT;
    RETURN resolved;
END $$;
COMMENT ON FUNCTION pay_private.resolve_mail(uuid, boolean) IS
    'A person''s word about the mails in doubt of a request, or about one by its own id: it arrived, or it is sent again. Answers how many.';

-- What a person or a report asks for, and a view's function that reads a table that the reader may not.
ALTER FUNCTION pay_private.clear_fuse() SECURITY DEFINER;
ALTER FUNCTION pay_private.requeue_mail(uuid) SECURITY DEFINER;
ALTER FUNCTION pay_private.due_words(text, timestamptz) SECURITY DEFINER;
ALTER FUNCTION pay_private.record_violations() SECURITY DEFINER;
ALTER FUNCTION pay_private.repair(bigint) SECURITY DEFINER;
ALTER FUNCTION pay_private.accept_discrepancy(bigint, text) SECURITY DEFINER;
ALTER FUNCTION pay_private.pause_job(text, text) SECURITY DEFINER;
ALTER FUNCTION pay_private.resume_job(text) SECURITY DEFINER;
ALTER FUNCTION pay_private.run_job(text) SECURITY DEFINER;

-- Nobody calls a function that was not given to him.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA pay, pay_private FROM PUBLIC;

GRANT USAGE ON SCHEMA pay TO pay_app, pay_reader, pay_operator, pay_daemon;
GRANT USAGE ON SCHEMA pay_private TO pay_operator, pay_daemon;

-- Applications and reports ------------------------------------------------------------------------------------------

GRANT SELECT ON pay.payment_requests, pay.deliveries, pay.bounces, pay.my_payments, pay.payment_to_bank, pay.integrations,
    pay.requirements, pay.settings, pay.stage_history, pay.coverage, pay.platform_fees TO pay_app, pay_reader, pay_operator;
GRANT SELECT ON pay.stage_detection, pay.alarms, pay.audit, pay.jobs, pay.runs TO pay_reader, pay_operator;
GRANT SELECT ON pay.commands TO pay_app;
-- Not the link to Stripe's form and not the token that confirms a disconnect: whoever has one acts for the company.
GRANT SELECT (command_id, seq, company, kind, email, country, account_id, request_key, requested_by, created_at, state,
              result_account_id, error_code, error_text, attempts, run_after, finished_at)
    ON pay.commands TO pay_reader, pay_operator;

GRANT SELECT, INSERT ON pay.company, pay.branding, pay.collect_payment_file, pay.mail_template, pay.suppression TO pay_app;
GRANT UPDATE (name, email, locale, country, default_currency, enabled, admin_emails, mail_account, updated_at)
    ON pay.company TO pay_app;
GRANT UPDATE (subject, body_text, body_html), DELETE ON pay.mail_template TO pay_app;
GRANT DELETE ON pay.suppression TO pay_app;
-- The queues: rows are added, and what RETURNING and ON CONFLICT need is read; all else is in the views.
GRANT INSERT, SELECT (command_id, seq, company, kind, request_key, requested_by, created_at, state) ON pay.command TO pay_app;
GRANT INSERT, SELECT (request_id, seq, company, request_key, requested_by, created_at, state) ON pay.payment_request TO pay_app;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pay TO pay_app;
GRANT EXECUTE ON FUNCTION pay.my_payments, pay.request_status TO pay_reader, pay_operator;
-- Functions inside views and checks run with the rights of whoever reads or writes the row.
GRANT EXECUTE ON FUNCTION pay_private.stripe_keeps, pay_private.due_words TO pay_app, pay_reader, pay_operator;
GRANT EXECUTE ON FUNCTION pay_private.error_bound TO pay_reader, pay_operator;
GRANT EXECUTE ON FUNCTION pay_private.metadata_ok TO pay_app;

-- Operators ---------------------------------------------------------------------------------------------------------

GRANT SELECT ON pay.company, pay.branding, pay.collect_payment_file, pay.mail_template TO pay_operator;
GRANT SELECT, INSERT, DELETE ON pay.suppression TO pay_operator;
GRANT EXECUTE ON FUNCTION pay.cancel_command, pay.cancel_payment_request, pay.resend_payment_request, pay.report_bounce
    TO pay_operator;
GRANT SELECT ON pay_private.application_fee, pay_private.audited, pay_private.balance_snapshot, pay_private.balance_sum, pay_private.balance_transaction,
    pay_private.balance_transaction_fee, pay_private.bounce, pay_private.charge, pay_private.charge_history,
    pay_private.coverage, pay_private.currency, pay_private.delivery_attempt, pay_private.discrepancy,
    pay_private.dispute, pay_private.fuse, pay_private.integration, pay_private.integration_rule, pay_private.invariant,
    pay_private.payment_link, pay_private.payout, pay_private.payout_sum, pay_private.quarantine, pay_private.refund,
    pay_private.repair_plan, pay_private.daemon, pay_private.job, pay_private.run, pay_private.request_detail, pay_private.requirement, pay_private.requirement_word, pay_private.reread,
    pay_private.schema_migration, pay_private.setting, pay_private.slice, pay_private.stage_event, pay_private.stream, pay_private.suspicion, pay_private.sweep,
    pay_private.violation TO pay_operator;
GRANT EXECUTE ON FUNCTION pay_private.accept_discrepancy, pay_private.clear_fuse, pay_private.pause_job,
    pay_private.record_violations, pay_private.repair, pay_private.requeue_mail, pay_private.resolve_mail,
    pay_private.resume_job, pay_private.run_job, pay_private.stream_of,
    pay_private.mail_texts, pay_private.application_fee, pay_private.stage_rule TO pay_operator;

-- The daemon: reads everything, writes what is its own, changes no structure ---------------------------------------------

GRANT SELECT ON ALL TABLES IN SCHEMA pay, pay_private TO pay_daemon;
GRANT EXECUTE ON FUNCTION pay_private.application_fee, pay_private.as_email, pay_private.charge_words,
    pay_private.disconnect, pay_private.draw_sample, pay_private.due_deliveries, pay_private.due_words,
    pay_private.error_bound, pay_private.fail_request_of,
    pay_private.fuse_lets_pass, pay_private.last_seen, pay_private.mail_texts, pay_private.metadata_ok,
    pay_private.next_check, pay_private.note_settings, pay_private.record_stage, pay_private.record_violations,
    pay_private.restage, pay_private.returned_delivery, pay_private.stage_rule, pay_private.stripe_keeps,
    pay_private.take_bounce TO pay_daemon;
GRANT USAGE ON SEQUENCE pay_private.lease_token TO pay_daemon;
GRANT INSERT, UPDATE ON pay.command TO pay_daemon;
GRANT UPDATE ON pay.payment_request TO pay_daemon;
GRANT INSERT ON pay.suppression TO pay_daemon;
GRANT INSERT, UPDATE ON pay_private.application_fee, pay_private.balance_transaction, pay_private.charge, pay_private.job, pay_private.delivery,
    pay_private.delivery_attempt, pay_private.discrepancy, pay_private.dispute, pay_private.integration,
    pay_private.payment_link, pay_private.payout, pay_private.refund, pay_private.stream, pay_private.stripe_call TO pay_daemon;
GRANT INSERT, UPDATE, DELETE ON pay_private.balance_snapshot, pay_private.balance_transaction_fee, pay_private.coverage,
    pay_private.daemon, pay_private.oauth_state, pay_private.run, pay_private.quarantine, pay_private.reread, pay_private.slice, pay_private.suspicion,
    pay_private.swept_account TO pay_daemon;
GRANT INSERT ON pay_private.bounce, pay_private.charge_history, pay_private.stage_event, pay_private.stripe_file TO pay_daemon;
GRANT INSERT, DELETE ON pay_private.audited, pay_private.oauth_code TO pay_daemon;
GRANT UPDATE ON pay_private.fuse, pay_private.setting, pay_private.sweep TO pay_daemon;
