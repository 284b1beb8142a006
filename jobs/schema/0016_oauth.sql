-- SPDX-License-Identifier: MIT
-- Connecting an account that a company has already: the states that we gave out, and the codes that came back.

CREATE TABLE pay_private.oauth_state (
    state_sha256 text PRIMARY KEY CONSTRAINT oauth_state_sha256 CHECK (state_sha256 ~ '^[0-9a-f]{64}$'),
    company text NOT NULL CONSTRAINT oauth_state_company_known REFERENCES pay.company,
    command_id uuid NOT NULL CONSTRAINT oauth_state_command_known REFERENCES pay.command,
    email pay.email NOT NULL,
    only_account pay.account_id,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_by uuid CONSTRAINT oauth_state_used_by_known REFERENCES pay.command,
    used_at timestamptz,
    account_id pay.account_id,
    exchanged_at timestamptz,
    CONSTRAINT oauth_state_used_has_time CHECK ((used_by IS NULL) = (used_at IS NULL)),
    CONSTRAINT oauth_state_exchanged_has_account CHECK ((account_id IS NULL) = (exchanged_at IS NULL)),
    CONSTRAINT oauth_state_exchanged_was_used CHECK (account_id IS NULL OR used_by IS NOT NULL)
);
CREATE INDEX oauth_state_by_company ON pay_private.oauth_state (company);
CREATE INDEX oauth_state_by_command ON pay_private.oauth_state (command_id);
COMMENT ON TABLE pay_private.oauth_state IS
    'The states of the OAuth addresses that connect and reconnect answered with: each lets one authorization code of its company in, once.';
COMMENT ON COLUMN pay_private.oauth_state.state_sha256 IS 'SHA-256 of the state in hexadecimal digits; the state itself is kept nowhere.';
COMMENT ON COLUMN pay_private.oauth_state.company IS 'Whose state.';
COMMENT ON COLUMN pay_private.oauth_state.command_id IS 'The connect or reconnect command that gave it out.';
COMMENT ON COLUMN pay_private.oauth_state.email IS 'Address given with that command; becomes the address on record of the account.';
COMMENT ON COLUMN pay_private.oauth_state.only_account IS 'The account that a reconnect asked for; NULL = any.';
COMMENT ON COLUMN pay_private.oauth_state.created_at IS 'When it was made.';
COMMENT ON COLUMN pay_private.oauth_state.expires_at IS 'A complete_oauth command that is made later is refused.';
COMMENT ON COLUMN pay_private.oauth_state.used_by IS
    'The complete_oauth command that spent it; written before the code is sent to Stripe, which takes it once.';
COMMENT ON COLUMN pay_private.oauth_state.used_at IS 'When it was spent.';
COMMENT ON COLUMN pay_private.oauth_state.account_id IS
    'The account that Stripe gave for the code; NULL in a spent state = Stripe refused, or its answer is not known.';
COMMENT ON COLUMN pay_private.oauth_state.exchanged_at IS 'When Stripe gave it.';

CREATE TABLE pay_private.oauth_code (
    command_id uuid PRIMARY KEY CONSTRAINT oauth_code_command_known REFERENCES pay.command,
    code text NOT NULL CONSTRAINT oauth_code_plain CHECK (code ~ '^[!-~]+$' AND length(code) <= 500)
);
COMMENT ON TABLE pay_private.oauth_code IS
    'Authorization codes that wait to be exchanged; each is taken out before it is sent, so that nobody can send it twice.';
COMMENT ON COLUMN pay_private.oauth_code.command_id IS 'The complete_oauth command that brought it.';
COMMENT ON COLUMN pay_private.oauth_code.code IS 'The code, a secret for the minutes that it lives.';
COMMENT ON CONSTRAINT oauth_code_plain ON pay_private.oauth_code IS
    'an authorization code has 1 to 500 printable ASCII characters';

ALTER TABLE pay.command ADD CONSTRAINT command_complete_oauth_needs_hashes
    CHECK (kind <> 'complete_oauth' OR (arguments ? 'state_sha256' AND arguments ? 'code_sha256'));
COMMENT ON CONSTRAINT command_complete_oauth_needs_hashes ON pay.command IS
    'complete_oauth is queued by the function pay.complete_oauth only';

CREATE FUNCTION pay_private.forget_oauth_code() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    DELETE FROM oauth_code c WHERE c.command_id = NEW.command_id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.forget_oauth_code() IS
    'Trigger: a complete_oauth command that has ended needs its code no more.';
CREATE TRIGGER command_forget_code AFTER UPDATE OF state ON pay.command
    FOR EACH ROW WHEN (NEW.kind = 'complete_oauth' AND NEW.state IN ('done', 'failed', 'cancelled'))
    EXECUTE FUNCTION pay_private.forget_oauth_code();

DROP FUNCTION pay.connect(text, text, text, text);
CREATE FUNCTION pay.connect(
    company text, email text, country text DEFAULT NULL, request_key text DEFAULT NULL,
    existing boolean DEFAULT false) RETURNS uuid
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM company c WHERE c.company = connect.company) THEN
        PERFORM register_company(company => connect.company, email => connect.email, country => connect.country);
    END IF;
    RETURN enqueue_command(company, 'connect', request_key, email => email, country => country,
                           arguments => CASE WHEN existing THEN '{"existing": true}'::jsonb ELSE '{}' END);
END $$;
COMMENT ON FUNCTION pay.connect(text, text, text, text, boolean) IS
    'Queues the connecting of a company to Stripe, which it makes known if it is not, by a new account or by one that it has; the answer''s result_url is where to send the person.';

CREATE FUNCTION pay.complete_oauth(company text, code text, state text, request_key text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
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
    -- A page that is loaded twice brings the same code twice; it can be spent once, so it is one command.
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
    'Queues the end of connect(existing => true): Stripe sent the person back with this code and state; the same pair again answers the id it has.';
