-- SPDX-License-Identifier: MIT
-- After the moment that a disconnection names nothing of the account is read or sent any more. What is being written
-- at that moment holds a lock that the disconnection waits for, and its moment is taken after that wait.

CREATE OR REPLACE FUNCTION pay_private.disconnect(
    account_id text, cause text, disconnected_by text, stripe_request_id text) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    before integration;
BEGIN
    -- Letters that go out hold a share of this row.
    SELECT i.* INTO before FROM integration i WHERE i.account_id = disconnect.account_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no integration with account %', disconnect.account_id USING ERRCODE = 'PY404';
    END IF;
    -- A page that is being written holds its stream; later ones find their lease gone.
    UPDATE stream s SET lease_token = NULL, leased_until = NULL, leased_by = NULL
     WHERE s.account_id = disconnect.account_id;
    -- A company that wished it was not found out.
    PERFORM record_stage(disconnect.account_id, 'disconnected', 'disconnected', 'merchant', disconnect.cause,
                         disconnect.stripe_request_id, clock_timestamp(),
                         CASE WHEN disconnect.disconnected_by = 'diagnosis' THEN last_seen(before) END);
    UPDATE integration i
       SET access = 'revoked', disconnected_by = disconnect.disconnected_by, hot_until = NULL, flow_open_until = NULL,
           observation_hash = NULL
     WHERE i.account_id = disconnect.account_id;
    UPDATE payment_link l SET wanted_active = false, deactivation_reason = 'disconnected'
     WHERE l.account_id = disconnect.account_id AND l.wanted_active;
    DELETE FROM suspicion s WHERE s.account_id = disconnect.account_id;
END $$;
COMMENT ON FUNCTION pay_private.disconnect(text, text, text, text) IS
    'Ends an integration: no reads, no mails, no live links from the moment that it names; the history stays. PY404 when there is none.';
