-- SPDX-License-Identifier: MIT
-- Connecting an account that a company has already (OAuth): states that were given out, codes that came back.

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
    'The state parameters of the OAuth addresses that connect and reconnect returned. Each is valid once, for one authorization code of its company.';
COMMENT ON COLUMN pay_private.oauth_state.state_sha256 IS 'SHA-256 of the state in hexadecimal digits; the state itself is kept nowhere.';
COMMENT ON COLUMN pay_private.oauth_state.company IS 'The company that connects its account.';
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
    'Authorization codes that wait to be exchanged. A code is deleted before it is sent, so that it cannot be sent twice.';
COMMENT ON COLUMN pay_private.oauth_code.command_id IS 'The complete_oauth command that brought it.';
COMMENT ON COLUMN pay_private.oauth_code.code IS 'The code, a secret for the minutes that it lives.';
COMMENT ON CONSTRAINT oauth_code_plain ON pay_private.oauth_code IS
    'an authorization code has 1 to 500 printable ASCII characters';
