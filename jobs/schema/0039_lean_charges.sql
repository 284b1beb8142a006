-- SPDX-License-Identifier: MIT
-- What each new charge costs besides its row: its words are made within the plan (a function with a search path of its own
-- is a query for each row; one whose names are bound when it is made needs none), and who listens is told once for each
-- statement, without a copy of the rows.
SET LOCAL ROLE pay_owner;

CREATE OR REPLACE FUNCTION pay_private.charge_words(charge_id text, description text, payer_name text, payer_email text, last4 text)
RETURNS tsvector LANGUAGE sql IMMUTABLE
RETURN to_tsvector('simple'::regconfig, charge_id || ' ' || coalesce(description, '') || ' ' || coalesce(payer_name, '')
                   || ' ' || coalesce(translate(payer_email, '@.', '  '), '') || ' ' || coalesce(last4, ''));

-- Pages that hold nothing new write no statement at all.
CREATE OR REPLACE TRIGGER charge_added AFTER INSERT ON pay_private.charge
    FOR EACH STATEMENT EXECUTE FUNCTION pay_private.wake('pay_payment');

-- Whoever looks with the daemon's own role, as paysyncctl does on its machine, sees the payments too.
GRANT EXECUTE ON FUNCTION pay.my_payments TO pay_daemon;
