-- SPDX-License-Identifier: MIT
-- Functions by which applications queue commands.

CREATE FUNCTION pay_private.enqueue_command(
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

    -- Commands of one company queue up here, so that two clicks at once see each other.
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
    'Queues a command: the same again answers the id it has; other content under the same key, or against one under way, raises PY409.';

CREATE FUNCTION pay.connect(company text, email text, country text DEFAULT NULL, request_key text DEFAULT NULL)
RETURNS uuid
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM company c WHERE c.company = connect.company) THEN
        PERFORM register_company(company => connect.company, email => connect.email, country => connect.country);
    END IF;
    RETURN enqueue_command(company, 'connect', request_key, email => email, country => country);
END $$;
COMMENT ON FUNCTION pay.connect(text, text, text, text) IS
    'Queues the connecting of a company to Stripe, which it makes known if it is not; the answer''s result_url is where to send the person.';

CREATE FUNCTION pay.finalize(company text, request_key text DEFAULT NULL) RETURNS uuid
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    SELECT enqueue_command(company, 'finalize', request_key)
$$;
COMMENT ON FUNCTION pay.finalize(text, text) IS
    'Queues the look at Stripe that is due when the person comes back from it.';

CREATE FUNCTION pay.manage(company text, request_key text DEFAULT NULL) RETURNS uuid
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    SELECT enqueue_command(company, 'manage', request_key)
$$;
COMMENT ON FUNCTION pay.manage(text, text) IS
    'Queues a fresh link to Stripe''s form for what is still due; each call makes its own.';

CREATE FUNCTION pay.refresh(company text, request_key text DEFAULT NULL) RETURNS uuid
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    SELECT enqueue_command(company, 'refresh', request_key)
$$;
COMMENT ON FUNCTION pay.refresh(text, text) IS 'Queues an immediate look at the company''s account.';

CREATE FUNCTION pay.disconnect(company text, confirmation text DEFAULT NULL, request_key text DEFAULT NULL)
RETURNS uuid
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    SELECT enqueue_command(company, 'disconnect', request_key, confirmation => confirmation)
$$;
COMMENT ON FUNCTION pay.disconnect(text, text, text) IS
    'Without a confirmation queues the question, whose result holds the token; with that token queues the disconnecting itself.';

CREATE FUNCTION pay.reconnect(company text, account_id text, email text, request_key text DEFAULT NULL) RETURNS uuid
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    SELECT enqueue_command(company, 'reconnect', request_key, email => email, account_id => account_id)
$$;
COMMENT ON FUNCTION pay.reconnect(text, text, text, text) IS
    'Queues the reconnecting of a disconnected company to the account it had; id and e-mail address must both be right.';

CREATE FUNCTION pay.command_status(command_id uuid) RETURNS pay.commands
LANGUAGE plpgsql STABLE SET search_path = pay, pay_private, pg_temp AS $$
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

CREATE FUNCTION pay.cancel_command(command_id uuid) RETURNS text
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
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
    'Cancels a command that nobody has begun; answers the state it has then, so anything but cancelled means too late.';
