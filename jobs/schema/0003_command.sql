-- SPDX-License-Identifier: MIT
-- Commands: what applications want done with a company's Stripe integration.

CREATE TABLE pay.command (
    command_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    seq bigint GENERATED ALWAYS AS IDENTITY,
    company text NOT NULL CONSTRAINT command_company_known REFERENCES pay.company,
    kind text NOT NULL CONSTRAINT command_kind CHECK (kind IN (
        'connect', 'finalize', 'manage', 'disconnect', 'reconnect', 'refresh',
        'complete_oauth', 'update_settings', 'update_branding')),
    email pay.email,
    country pay.country,
    account_id pay.account_id,
    confirmation pay.header_text,
    arguments jsonb NOT NULL DEFAULT '{}' CONSTRAINT command_arguments_object CHECK (jsonb_typeof(arguments) = 'object'),
    request_key pay.request_key,
    requested_by text NOT NULL DEFAULT session_user,
    created_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'queued'
        CONSTRAINT command_state CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    result_url text,
    result_url_expires_at timestamptz,
    result_account_id text,
    result jsonb,
    error_code text,
    error_text text,
    attempts integer NOT NULL DEFAULT 0,
    run_after timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    lease_token bigint,
    leased_until timestamptz,
    leased_by text,
    CONSTRAINT command_connect_needs_email CHECK (kind <> 'connect' OR email IS NOT NULL),
    CONSTRAINT command_reconnect_needs_account_and_email
        CHECK (kind <> 'reconnect' OR (account_id IS NOT NULL AND email IS NOT NULL)),
    CONSTRAINT command_finished_has_time
        CHECK ((state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CONSTRAINT command_failed_has_code CHECK (state <> 'failed' OR error_code IS NOT NULL),
    CONSTRAINT command_result_url_expires CHECK (result_url IS NULL OR result_url_expires_at IS NOT NULL)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500,
        autovacuum_analyze_scale_factor = 0.05);

CREATE UNIQUE INDEX command_request_key_unique ON pay.command (company, request_key) WHERE request_key IS NOT NULL;
CREATE UNIQUE INDEX command_one_running ON pay.command (company) WHERE state = 'running';
CREATE INDEX command_due ON pay.command (run_after, seq) WHERE state IN ('queued', 'running');
CREATE INDEX command_leased ON pay.command (lease_token) WHERE lease_token IS NOT NULL;
CREATE INDEX command_by_company ON pay.command (company, seq);

COMMENT ON TABLE pay.command IS
    'Queue of onboarding actions; applications insert rows or call the functions, the daemon carries each out once and writes the answer into the row.';
COMMENT ON COLUMN pay.command.command_id IS 'Id of the command; an application may choose it.';
COMMENT ON COLUMN pay.command.seq IS 'Order of arrival; commands of one company run one after the other in this order.';
COMMENT ON COLUMN pay.command.company IS 'Whose integration.';
COMMENT ON COLUMN pay.command.kind IS 'What to do; docs/sql.md describes each.';
COMMENT ON COLUMN pay.command.email IS 'connect: address for the registration at Stripe; reconnect: the address on record.';
COMMENT ON COLUMN pay.command.country IS 'connect: country of the new account, else the company''s.';
COMMENT ON COLUMN pay.command.account_id IS 'reconnect: the account that was connected before.';
COMMENT ON COLUMN pay.command.confirmation IS 'disconnect: the token that the first disconnect command answered with.';
COMMENT ON COLUMN pay.command.arguments IS 'Further arguments of some kinds, a JSON object.';
COMMENT ON COLUMN pay.command.request_key IS 'Unique within the company; guards against doing the same thing twice.';
COMMENT ON COLUMN pay.command.requested_by IS 'Database user that inserted the row.';
COMMENT ON COLUMN pay.command.created_at IS 'When it was inserted.';
COMMENT ON COLUMN pay.command.state IS 'queued, running, done, failed or cancelled.';
COMMENT ON COLUMN pay.command.result_url IS 'Page at Stripe to send the person to: single use, never to be mailed or logged.';
COMMENT ON COLUMN pay.command.result_url_expires_at IS 'When Stripe stops taking result_url, minutes after it was made.';
COMMENT ON COLUMN pay.command.result_account_id IS 'Account that the command worked on.';
COMMENT ON COLUMN pay.command.result IS 'Further results as JSON, for example the confirmation token of disconnect.';
COMMENT ON COLUMN pay.command.error_code IS 'Why it failed, for programs.';
COMMENT ON COLUMN pay.command.error_text IS 'Why it failed, or why it waits, for people.';
COMMENT ON COLUMN pay.command.attempts IS 'How often the daemon has begun it.';
COMMENT ON COLUMN pay.command.run_after IS 'Not before this time.';
COMMENT ON COLUMN pay.command.finished_at IS 'When it became done, failed or cancelled.';
COMMENT ON COLUMN pay.command.lease_token IS 'Fencing token of the daemon that works on it.';
COMMENT ON COLUMN pay.command.leased_until IS 'When another daemon may take it over.';
COMMENT ON COLUMN pay.command.leased_by IS 'Which daemon works on it.';
COMMENT ON CONSTRAINT command_kind ON pay.command IS 'the kind of a command is one of those in docs/sql.md';
COMMENT ON CONSTRAINT command_arguments_object ON pay.command IS 'the arguments are a JSON object';
COMMENT ON CONSTRAINT command_connect_needs_email ON pay.command IS 'connect needs an e-mail address';
COMMENT ON CONSTRAINT command_reconnect_needs_account_and_email ON pay.command IS
    'reconnect needs the account id and the e-mail address';

-- Whoever inserts says what is wanted, and never how far it has come.
CREATE FUNCTION pay_private.start_command() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
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
CREATE TRIGGER command_start BEFORE INSERT ON pay.command
    FOR EACH ROW EXECUTE FUNCTION pay_private.start_command();

CREATE FUNCTION pay_private.accept_commands() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
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
CREATE TRIGGER command_accept AFTER INSERT ON pay.command
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pay_private.accept_commands();

CREATE TRIGGER command_fixed
    BEFORE UPDATE OF command_id, company, kind, email, country, account_id, confirmation, arguments, request_key,
        requested_by, created_at ON pay.command
    FOR EACH ROW WHEN (
        (OLD.command_id, OLD.company, OLD.kind, OLD.email, OLD.country, OLD.account_id, OLD.confirmation,
         OLD.arguments, OLD.request_key, OLD.requested_by, OLD.created_at)
        IS DISTINCT FROM
        (NEW.command_id, NEW.company, NEW.kind, NEW.email, NEW.country, NEW.account_id, NEW.confirmation,
         NEW.arguments, NEW.request_key, NEW.requested_by, NEW.created_at))
    EXECUTE FUNCTION pay_private.refuse_change('what a command asks for never changes; insert another one');

CREATE TRIGGER command_done AFTER UPDATE OF state ON pay.command
    FOR EACH ROW WHEN (NEW.state IN ('done', 'failed', 'cancelled') AND OLD.state <> NEW.state)
    EXECUTE FUNCTION pay_private.wake('pay_command_done');

CREATE VIEW pay.commands AS
SELECT command_id, seq, company, kind, email, country, account_id, request_key, requested_by, created_at, state,
       CASE WHEN result_url_expires_at > now() THEN result_url END AS result_url,
       result_url_expires_at, result_account_id, result, error_code, error_text, attempts, run_after, finished_at
  FROM pay.command;
COMMENT ON VIEW pay.commands IS 'Commands and their answers.';
COMMENT ON COLUMN pay.commands.command_id IS 'Id of the command.';
COMMENT ON COLUMN pay.commands.seq IS 'Order of arrival.';
COMMENT ON COLUMN pay.commands.company IS 'Whose integration.';
COMMENT ON COLUMN pay.commands.kind IS 'What to do.';
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
