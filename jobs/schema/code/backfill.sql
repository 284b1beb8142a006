-- SPDX-License-Identifier: MIT
-- An operator has a company's money read again from a day on, also from before the horizon.

CREATE OR REPLACE FUNCTION pay_private.backfill_plan(company text, back_to timestamptz)
RETURNS TABLE (account_id text, stream text, since timestamptz, until timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    used integration;
BEGIN
    IF back_to IS NULL OR back_to >= now() THEN
        RAISE EXCEPTION 'back_to: is no time in the past' USING ERRCODE = 'PY400', COLUMN = 'back_to';
    END IF;
    IF NOT EXISTS (SELECT FROM pay.company c WHERE c.company = backfill_plan.company) THEN
        RAISE EXCEPTION 'there is no company "%"', backfill_plan.company USING ERRCODE = 'PY404';
    END IF;
    SELECT i.* INTO used FROM integration i WHERE i.company = backfill_plan.company AND i.current;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'company "%" has no account', backfill_plan.company USING ERRCODE = 'PY404';
    END IF;
    IF used.access <> 'ok' OR used.stage = 'disconnected' THEN
        RAISE EXCEPTION 'account % of company "%" is disconnected and not read any more', used.account_id,
            backfill_plan.company USING ERRCODE = 'PY409';
    END IF;
    -- A first walk that has not begun would stop at back_to, and never reach its own end.
    RETURN QUERY
    SELECT s.account_id, s.stream, date_trunc('second', back_to), now()
      FROM pay_private.stream s
     WHERE s.account_id = used.account_id AND (s.walk_from IS NOT NULL OR s.last_completed_at IS NOT NULL)
     ORDER BY s.stream;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account % of company "%" has not begun to be read', used.account_id, backfill_plan.company
            USING ERRCODE = 'PY409', HINT = 'Its first walk begins by itself; ask again then.';
    END IF;
END $$;
COMMENT ON FUNCTION pay_private.backfill_plan(text, timestamptz) IS
    'The ranges that pay_private.backfill() would list again. PY404 for a company that is unknown or has no account, PY409 for one whose account is not read, PY400 for a time that is not past.';

CREATE OR REPLACE FUNCTION pay_private.backfill(company text, back_to timestamptz)
RETURNS TABLE (account_id text, stream text, since timestamptz, until timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    planned record;
BEGIN
    FOR planned IN SELECT p.* FROM backfill_plan(backfill.company, backfill.back_to) p LOOP
        -- The stream begins earlier from now on, so ranges that are not read are gaps.
        UPDATE pay_private.stream s SET since = least(s.since, planned.since)
         WHERE s.account_id = planned.account_id AND s.stream = planned.stream;
        PERFORM request_walk(planned.account_id, planned.stream, planned.since, planned.until);
        account_id := planned.account_id;
        stream := planned.stream;
        since := planned.since;
        until := planned.until;
        RETURN NEXT;
    END LOOP;
    PERFORM pg_notify('pay_payment_due', '');
END $$;
COMMENT ON FUNCTION pay_private.backfill(text, timestamptz) IS
    'Requests that everything of a company''s current account that was created since this time is listed again, and returns the ranges; unchanged rows are not rewritten. Errors as pay_private.backfill_plan().';
