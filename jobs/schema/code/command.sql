-- SPDX-License-Identifier: MIT
-- Commands: the functions by which applications queue them, and what happens to each row.

-- The role that inserts a row cannot set how far the command has come.
CREATE OR REPLACE FUNCTION pay_private.start_command() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    NEW.requested_by := session_user;
    NEW.created_at := now();
    NEW.state := 'queued';
    NEW.result_url := NULL;
    NEW.result_url_expires_at := NULL;
    NEW.result_account_id := NULL;
    NEW.result := NULL;
    NEW.error_code := NULL;
    NEW.error_text := NULL;
    NEW.attempts := 0;
    NEW.finished_at := NULL;
    NEW.lease_token := NULL;
    NEW.leased_until := NULL;
    NEW.leased_by := NULL;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.start_command() IS 'Trigger: sets a new command''s work columns to their start.';

CREATE OR REPLACE FUNCTION pay_private.accept_commands() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    disabled text;
BEGIN
    SELECT c.company INTO disabled FROM added JOIN company c USING (company) WHERE NOT c.enabled LIMIT 1;
    IF FOUND THEN
        PERFORM refuse_disabled(disabled);
    END IF;
    IF EXISTS (SELECT FROM added) THEN
        PERFORM pg_notify('pay_command', '');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.accept_commands() IS
    'Trigger: refuses commands of companies that are not enabled, and wakes the daemon for the others.';

CREATE OR REPLACE FUNCTION pay_private.forget_oauth_code() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    DELETE FROM oauth_code c WHERE c.command_id = NEW.command_id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.forget_oauth_code() IS
    'Trigger: deletes the authorization code of a complete_oauth command that has ended.';

CREATE OR REPLACE TRIGGER command_start BEFORE INSERT ON pay.command
    FOR EACH ROW EXECUTE FUNCTION pay_private.start_command();

CREATE OR REPLACE TRIGGER command_accept AFTER INSERT ON pay.command
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pay_private.accept_commands();

CREATE OR REPLACE TRIGGER command_done AFTER UPDATE OF state ON pay.command
    FOR EACH ROW WHEN (NEW.state IN ('done', 'failed', 'cancelled') AND OLD.state <> NEW.state)
    EXECUTE FUNCTION pay_private.wake('pay_command_done');

CREATE OR REPLACE TRIGGER command_forget_code AFTER UPDATE OF state ON pay.command
    FOR EACH ROW WHEN (NEW.kind = 'complete_oauth' AND NEW.state IN ('done', 'failed', 'cancelled'))
    EXECUTE FUNCTION pay_private.forget_oauth_code();

CREATE OR REPLACE TRIGGER command_fixed
    BEFORE UPDATE OF command_id, company, kind, email, country, account_id, confirmation, arguments, request_key,
        requested_by, created_at ON pay.command
    FOR EACH ROW WHEN (
        (OLD.command_id, OLD.company, OLD.kind, OLD.country, OLD.account_id, OLD.requested_by, OLD.created_at)
        IS DISTINCT FROM
        (NEW.command_id, NEW.company, NEW.kind, NEW.country, NEW.account_id, NEW.requested_by, NEW.created_at)
        OR ((OLD.email, OLD.confirmation, OLD.arguments, OLD.request_key)
            IS DISTINCT FROM (NEW.email, NEW.confirmation, NEW.arguments, NEW.request_key)
            AND NOT (current_user = 'pay_owner' AND OLD.state <> 'running'
                     AND (NEW.email = OLD.email OR NEW.email LIKE 'erased-%@invalid') IS NOT FALSE)))
    EXECUTE FUNCTION pay_private.refuse_change('what a command asks for never changes; insert another one');

CREATE OR REPLACE VIEW pay.commands AS
SELECT command_id, seq, company, kind, email, country, account_id, request_key, requested_by, created_at, state,
       CASE WHEN result_url_expires_at > now() THEN result_url END AS result_url,
       result_url_expires_at, result_account_id, result, error_code, error_text, attempts, run_after, finished_at
  FROM pay.command;
COMMENT ON VIEW pay.commands IS 'Commands and their answers.';
COMMENT ON COLUMN pay.commands.command_id IS 'Id of the command.';
COMMENT ON COLUMN pay.commands.seq IS 'Order of arrival.';
COMMENT ON COLUMN pay.commands.company IS 'The company whose integration it changes.';
COMMENT ON COLUMN pay.commands.kind IS 'The action.';
COMMENT ON COLUMN pay.commands.email IS 'Address given with connect or reconnect.';
COMMENT ON COLUMN pay.commands.country IS 'Country given with connect.';
COMMENT ON COLUMN pay.commands.account_id IS 'Account given with reconnect.';
COMMENT ON COLUMN pay.commands.request_key IS 'The application''s own name for the command.';
COMMENT ON COLUMN pay.commands.requested_by IS 'Database user that inserted it.';
COMMENT ON COLUMN pay.commands.created_at IS 'When it was inserted.';
COMMENT ON COLUMN pay.commands.state IS 'queued, running, done, failed or cancelled.';
COMMENT ON COLUMN pay.commands.result_url IS 'Page at Stripe to send the person to; NULL once it has expired.';
COMMENT ON COLUMN pay.commands.result_url_expires_at IS 'When Stripe stops taking result_url.';
COMMENT ON COLUMN pay.commands.result_account_id IS 'Account that the command worked on.';
COMMENT ON COLUMN pay.commands.result IS 'Further results as JSON.';
COMMENT ON COLUMN pay.commands.error_code IS 'Why it failed, for programs.';
COMMENT ON COLUMN pay.commands.error_text IS 'Why it failed, or why it waits, for people.';
COMMENT ON COLUMN pay.commands.attempts IS 'How often the daemon has begun it.';
COMMENT ON COLUMN pay.commands.run_after IS 'Not before this time.';
COMMENT ON COLUMN pay.commands.finished_at IS 'When it became done, failed or cancelled.';

CREATE OR REPLACE FUNCTION pay_private.enqueue_command(
    company text, kind text, request_key text, email text DEFAULT NULL, country text DEFAULT NULL,
    account_id text DEFAULT NULL, confirmation text DEFAULT NULL, arguments jsonb DEFAULT '{}') RETURNS uuid
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    exclusive CONSTANT text[] := ARRAY['connect', 'disconnect', 'reconnect'];
    wanted command;
    other command;
    allowed boolean;
    rule text;
    said text;
    missing text;
BEGIN
    wanted.company := enqueue_command.company;
    wanted.kind := enqueue_command.kind;
    wanted.request_key := enqueue_command.request_key;
    wanted.email := enqueue_command.email;
    wanted.country := enqueue_command.country;
    wanted.account_id := enqueue_command.account_id;
    wanted.confirmation := enqueue_command.confirmation;
    wanted.arguments := enqueue_command.arguments;

    -- Commands of one company are queued one after the other, so that two clicks at once see each other's row.
    SELECT c.enabled INTO allowed FROM company c WHERE c.company = wanted.company FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no company "%"', wanted.company USING ERRCODE = 'PY404';
    ELSIF NOT allowed THEN
        PERFORM refuse_disabled(wanted.company);
    END IF;

    FOR other IN
        SELECT c.* FROM command c
         WHERE c.company = wanted.company
           AND (c.request_key = wanted.request_key OR c.state IN ('queued', 'running'))
         ORDER BY c.request_key IS NOT DISTINCT FROM wanted.request_key DESC, c.seq DESC
    LOOP
        IF (other.kind, other.email, other.country, other.account_id, other.confirmation, other.arguments)
            IS NOT DISTINCT FROM
           (wanted.kind, wanted.email, wanted.country, wanted.account_id, wanted.confirmation, wanted.arguments)
           AND (other.request_key = wanted.request_key
                OR wanted.kind = ANY (exclusive)
                OR (wanted.kind IN ('finalize', 'refresh') AND wanted.request_key IS NULL
                    AND other.state = 'queued')) THEN
            RETURN other.command_id;
        ELSIF other.request_key = wanted.request_key THEN
            RAISE EXCEPTION 'request key "%" belongs to another command of this company', wanted.request_key
                USING ERRCODE = 'PY409', DETAIL = format('It belongs to command %s.', other.command_id);
        ELSIF wanted.kind = ANY (exclusive) AND other.kind = ANY (exclusive) THEN
            RAISE EXCEPTION '% has to wait: % is under way for this company', wanted.kind, other.kind
                USING ERRCODE = 'PY409', DETAIL = format('It is command %s.', other.command_id);
        END IF;
    END LOOP;

    INSERT INTO command (company, kind, email, country, account_id, confirmation, arguments, request_key)
    VALUES (wanted.company, wanted.kind, wanted.email, wanted.country, wanted.account_id, wanted.confirmation,
            wanted.arguments, wanted.request_key)
    RETURNING command_id INTO wanted.command_id;
    RETURN wanted.command_id;
EXCEPTION WHEN check_violation OR not_null_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;
COMMENT ON FUNCTION pay_private.enqueue_command(text, text, text, text, text, text, text, jsonb) IS
    'Queues a command and returns its id. The same command again returns the id of the first; other content under the same key, or while another command is under way, raises PY409.';

CREATE OR REPLACE FUNCTION pay.connect(
    company text, email text, country text DEFAULT NULL, request_key text DEFAULT NULL,
    existing boolean DEFAULT false) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM company c WHERE c.company = connect.company) THEN
        PERFORM register_company(company => connect.company, email => connect.email, country => connect.country);
    END IF;
    RETURN enqueue_command(company, 'connect', request_key, email => email, country => country,
                           arguments => CASE WHEN existing THEN '{"existing": true}'::jsonb ELSE '{}' END);
END $$;
COMMENT ON FUNCTION pay.connect(text, text, text, text, boolean) IS
    'Queues the connection of a company to Stripe, by a new account or by one that it has; an unknown company is registered. The command''s result_url is the page to send the person to.';

CREATE OR REPLACE FUNCTION pay.complete_oauth(company text, code text, state text, request_key text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    hashes jsonb := jsonb_build_object(
        'code_sha256', encode(sha256(convert_to(complete_oauth.code, 'UTF8')), 'hex'),
        'state_sha256', encode(sha256(convert_to(complete_oauth.state, 'UTF8')), 'hex'));
    id uuid;
    rule text;
    said text;
    missing text;
BEGIN
    IF complete_oauth.code IS NULL OR complete_oauth.state IS NULL THEN
        RAISE EXCEPTION 'the code and the state are missing, or one of them' USING ERRCODE = 'PY400';
    END IF;
    -- A page that is loaded twice brings the same code twice. A code can be exchanged once, so both are one command.
    PERFORM FROM company c WHERE c.company = complete_oauth.company FOR NO KEY UPDATE;
    SELECT c.command_id INTO id FROM command c
     WHERE c.company = complete_oauth.company AND c.kind = 'complete_oauth' AND c.arguments = hashes
       AND (complete_oauth.request_key IS NULL OR c.request_key = complete_oauth.request_key)
     ORDER BY c.seq LIMIT 1;
    IF FOUND THEN
        RETURN id;
    END IF;
    id := enqueue_command(complete_oauth.company, 'complete_oauth', complete_oauth.request_key, arguments => hashes);
    INSERT INTO oauth_code (command_id, code) VALUES (id, complete_oauth.code) ON CONFLICT DO NOTHING;
    RETURN id;
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;
COMMENT ON FUNCTION pay.complete_oauth(text, text, text, text) IS
    'Queues the end of connect(existing => true), after Stripe sent the person back with this code and state. The same pair again returns the same id.';

CREATE OR REPLACE FUNCTION pay.finalize(company text, request_key text DEFAULT NULL) RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
    SELECT enqueue_command(company, 'finalize', request_key)
$$;
COMMENT ON FUNCTION pay.finalize(text, text) IS
    'Queues a read of the account, for when the person comes back from Stripe''s form.';

CREATE OR REPLACE FUNCTION pay.manage(company text, request_key text DEFAULT NULL) RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
    SELECT enqueue_command(company, 'manage', request_key)
$$;
COMMENT ON FUNCTION pay.manage(text, text) IS
    'Queues a new link to Stripe''s form for the requirements that are still due; each call makes its own.';

CREATE OR REPLACE FUNCTION pay.refresh(company text, request_key text DEFAULT NULL) RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
    SELECT enqueue_command(company, 'refresh', request_key)
$$;
COMMENT ON FUNCTION pay.refresh(text, text) IS 'Queues an immediate read of the company''s account.';

CREATE OR REPLACE FUNCTION pay.disconnect(company text, confirmation text DEFAULT NULL, request_key text DEFAULT NULL)
RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
    SELECT enqueue_command(company, 'disconnect', request_key, confirmation => confirmation)
$$;
COMMENT ON FUNCTION pay.disconnect(text, text, text) IS
    'Without a confirmation, queues a command whose result is a token; with that token, queues the disconnection itself.';

CREATE OR REPLACE FUNCTION pay.reconnect(company text, account_id text, email text, request_key text DEFAULT NULL) RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
    SELECT enqueue_command(company, 'reconnect', request_key, email => email, account_id => account_id)
$$;
COMMENT ON FUNCTION pay.reconnect(text, text, text, text) IS
    'Queues the reconnection of a disconnected company to the account it had; id and e-mail address must both be right.';

CREATE OR REPLACE FUNCTION pay.command_status(command_id uuid) RETURNS pay.commands
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    found_row commands;
BEGIN
    SELECT c.* INTO found_row FROM commands c WHERE c.command_id = command_status.command_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no command %', command_status.command_id USING ERRCODE = 'PY404';
    END IF;
    RETURN found_row;
END $$;
COMMENT ON FUNCTION pay.command_status(uuid) IS 'One row of pay.commands; PY404 for an unknown id.';

CREATE OR REPLACE FUNCTION pay.cancel_command(command_id uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    state_now text;
BEGIN
    SELECT c.state INTO state_now FROM command c WHERE c.command_id = cancel_command.command_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no command %', cancel_command.command_id USING ERRCODE = 'PY404';
    END IF;
    IF state_now = 'queued' THEN
        UPDATE command c SET state = 'cancelled', finished_at = now() WHERE c.command_id = cancel_command.command_id;
        state_now := 'cancelled';
    END IF;
    RETURN state_now;
END $$;
COMMENT ON FUNCTION pay.cancel_command(uuid) IS
    'Cancels a command that has not begun. Returns the state it has then, so anything but cancelled means too late.';
