-- SPDX-License-Identifier: MIT
-- Settings: what a company wants, what was carried out, what Stripe shows.

CREATE OR REPLACE FUNCTION pay_private.stripe_keeps(name text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT name NOT IN ('payment_methods', 'application_fee_percent', 'application_fee_fixed')
$$;
COMMENT ON FUNCTION pay_private.stripe_keeps(text) IS
    'Whether a setting is one of the account at Stripe; the others are ours and go into each payment link.';

CREATE OR REPLACE FUNCTION pay_private.set_desired_setting(company text, name text, desired jsonb) RETURNS void
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    INSERT INTO setting AS s (company, name, desired, state, settled_at)
    SELECT set_desired_setting.company, set_desired_setting.name, set_desired_setting.desired,
           CASE WHEN stripe_keeps(set_desired_setting.name) THEN 'pending' ELSE 'applied' END,
           CASE WHEN NOT stripe_keeps(set_desired_setting.name) THEN now() END
     WHERE set_desired_setting.desired IS NOT NULL
    ON CONFLICT (company, name) DO UPDATE
       SET desired = excluded.desired, version = s.version + 1, desired_at = now(), requested_by = session_user,
           state = excluded.state, settled_at = excluded.settled_at, refusal = NULL;
$$;
COMMENT ON FUNCTION pay_private.set_desired_setting(text, text, jsonb) IS 'Asks for a setting; NULL leaves it as it is, the same again asks again.';

-- Called with every new observation of an account: what Stripe shows is kept, and nothing is overwritten silently.
CREATE OR REPLACE FUNCTION pay_private.note_settings(account_id text, shown jsonb) RETURNS void
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    UPDATE setting s
       SET actual = note_settings.shown ->> s.name, actual_at = now()
      FROM integration i
     WHERE i.account_id = note_settings.account_id AND i.current AND s.company = i.company
       AND s.account_id = i.account_id AND stripe_keeps(s.name)
       AND s.actual IS DISTINCT FROM note_settings.shown ->> s.name;
$$;
COMMENT ON FUNCTION pay_private.note_settings(text, jsonb) IS 'Notes what an account shows of the settings that were asked for.';

CREATE OR REPLACE FUNCTION pay.update_settings(
    company text, default_currency text DEFAULT NULL, statement_descriptor text DEFAULT NULL,
    payment_methods text[] DEFAULT NULL, application_fee_percent numeric DEFAULT NULL,
    application_fee_fixed jsonb DEFAULT NULL, request_key text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    wanted constant jsonb := jsonb_strip_nulls(jsonb_build_object(
        'default_currency', lower(update_settings.default_currency COLLATE "C"),
        'statement_descriptor', update_settings.statement_descriptor,
        'payment_methods', to_jsonb(update_settings.payment_methods),
        'application_fee_percent', update_settings.application_fee_percent,
        'application_fee_fixed', update_settings.application_fee_fixed));
    before bigint;
    id uuid;
    said text;
BEGIN
    said := CASE
        WHEN wanted = '{}' THEN 'at least one setting is given'
        WHEN wanted ->> 'default_currency' <> ''
             AND NOT EXISTS (SELECT FROM currency u WHERE u.code = wanted ->> 'default_currency')
            THEN 'default_currency is one that Stripe charges in'
        WHEN wanted ->> 'statement_descriptor' <> ''
             AND (wanted ->> 'statement_descriptor' !~ '^[ -~]{5,22}$' OR wanted ->> 'statement_descriptor' !~ '[A-Za-z]'
                  OR wanted ->> 'statement_descriptor' ~ '[<>\\''"*]')
            THEN 'statement_descriptor has 5 to 22 Latin characters with a letter among them, and none of < > \ '' " *'
        WHEN EXISTS (SELECT FROM jsonb_array_elements_text(wanted -> 'payment_methods') m WHERE m !~ '^[a-z0-9_]{2,40}$')
             OR jsonb_array_length(wanted -> 'payment_methods') > 20
            THEN 'payment_methods are at most 20 of Stripe''s names, such as card or sepa_debit'
        WHEN update_settings.application_fee_percent NOT BETWEEN 0 AND 100
             OR round(update_settings.application_fee_percent, 2) <> update_settings.application_fee_percent
            THEN 'application_fee_percent lies between 0 and 100 and has at most two decimals'
        WHEN jsonb_typeof(wanted -> 'application_fee_fixed') <> 'object'
            THEN 'application_fee_fixed is an object of currencies and minor units, such as {"eur": 50}'
    END;
    IF said IS NULL AND EXISTS (
        SELECT FROM jsonb_each(wanted -> 'application_fee_fixed') f
         WHERE NOT EXISTS (SELECT FROM currency u WHERE u.code = f.key)
            OR jsonb_typeof(f.value) <> 'number' OR f.value::text !~ '^[0-9]{1,12}$') THEN
        said := 'application_fee_fixed is an object of currencies and minor units, such as {"eur": 50}';
    END IF;
    IF said IS NOT NULL THEN
        RAISE EXCEPTION '%', said USING ERRCODE = 'PY400';
    END IF;
    SELECT coalesce(max(c.seq), 0) INTO before FROM command c WHERE c.company = update_settings.company;
    id := enqueue_command(update_settings.company, 'update_settings', request_key, arguments => wanted);
    -- The same request key again is the same wish, not a new one.
    IF EXISTS (SELECT FROM command c WHERE c.command_id = id AND c.seq > before) THEN
        PERFORM set_desired_setting(update_settings.company, w.key, CASE WHEN w.value = '""' THEN 'null' ELSE w.value END)
           FROM jsonb_each(wanted) w;
    END IF;
    RETURN id;
END $$;
COMMENT ON FUNCTION pay.update_settings(text, text, text, text[], numeric, jsonb, text) IS
    'Asks for settings and queues carrying them out; NULL leaves one as it is, an empty text, array or object, or 0 takes it back.';

CREATE OR REPLACE VIEW pay.settings AS
SELECT s.company, s.name AS setting, s.desired, s.version, s.desired_at, s.requested_by,
       CASE WHEN pay_private.stripe_keeps(s.name) AND (i.account_id IS NULL OR i.account_id IS DISTINCT FROM s.account_id)
            THEN 'pending' ELSE s.state END AS state,
       s.refusal, s.settled_at, s.actual, s.actual_at,
       coalesce(s.state = 'applied' AND pay_private.stripe_keeps(s.name) AND i.account_id = s.account_id
                AND s.actual IS DISTINCT FROM s.pushed, false) AS drift
  FROM pay_private.setting s
  LEFT JOIN pay_private.integration i ON i.company = s.company AND i.current;
COMMENT ON VIEW pay.settings IS 'Settings and brand parts that were asked for: desired, carried out, and as Stripe shows them.';
COMMENT ON COLUMN pay.settings.company IS 'The company.';
COMMENT ON COLUMN pay.settings.setting IS 'Which setting; logo and icon hold the SHA-256 of the picture.';
COMMENT ON COLUMN pay.settings.desired IS 'The desired value; JSON null, [] or {} = withdrawn.';
COMMENT ON COLUMN pay.settings.version IS 'Counts how often it was asked for.';
COMMENT ON COLUMN pay.settings.desired_at IS 'When it was last asked for.';
COMMENT ON COLUMN pay.settings.requested_by IS 'Database user that asked.';
COMMENT ON COLUMN pay.settings.state IS 'pending (also until the company is connected), applied, or refused by Stripe.';
COMMENT ON COLUMN pay.settings.refusal IS 'Stripe''s words when it refused.';
COMMENT ON COLUMN pay.settings.settled_at IS 'When it was applied or refused.';
COMMENT ON COLUMN pay.settings.actual IS 'The value that Stripe showed last, or the id of a file; NULL for settings that Stripe does not have.';
COMMENT ON COLUMN pay.settings.actual_at IS 'Since when Stripe shows that.';
COMMENT ON COLUMN pay.settings.drift IS 'Whether it was applied and Stripe shows something else by now; asking again applies it again.';
