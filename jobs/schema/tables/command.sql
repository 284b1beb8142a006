-- SPDX-License-Identifier: MIT
-- The queue of commands: what applications want done with a company's Stripe account.

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
    CONSTRAINT command_result_url_expires CHECK (result_url IS NULL OR result_url_expires_at IS NOT NULL),
    CONSTRAINT command_complete_oauth_needs_hashes
    CHECK (kind <> 'complete_oauth' OR (arguments ? 'state_sha256' AND arguments ? 'code_sha256'))
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
COMMENT ON COLUMN pay.command.company IS 'The company whose integration it changes.';
COMMENT ON COLUMN pay.command.kind IS 'The action; docs/sql.md describes each.';
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
COMMENT ON CONSTRAINT command_complete_oauth_needs_hashes ON pay.command IS
    'complete_oauth is queued by the function pay.complete_oauth only';
