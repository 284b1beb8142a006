-- SPDX-License-Identifier: MIT
-- What the migrations make of an empty database; written by scripts/dump-schema.

CREATE SCHEMA pay;

CREATE SCHEMA pay_private;

CREATE DOMAIN pay.account_id AS text
	CONSTRAINT account_id_of_stripe CHECK (((length(VALUE) <= 64) AND (VALUE ~ '^acct_[A-Za-z0-9]+$'::text)));

CREATE DOMAIN pay.country AS text
	CONSTRAINT country_upper_case CHECK ((VALUE ~ '^[A-Z]{2}$'::text));

CREATE DOMAIN pay.currency AS text
	CONSTRAINT currency_lower_case CHECK ((VALUE ~ '^[a-z]{3}$'::text));

CREATE DOMAIN pay.email AS text
	CONSTRAINT email_one_address CHECK (((octet_length(VALUE) <= 254) AND (VALUE ~ '^[^@]{1,64}@[^@]+$'::text) AND (VALUE !~ '[\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff<>,;"()\[\]\\]'::text) AND (VALUE !~ '@\.|@.*\.\.|\.$'::text)));

CREATE DOMAIN pay.header_text AS text
	CONSTRAINT header_text_one_line CHECK (((length(VALUE) <= 200) AND (VALUE !~ '[\u0001-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]'::text)));

CREATE DOMAIN pay.locale AS text
	CONSTRAINT locale_tag CHECK (((length(VALUE) <= 35) AND (VALUE ~ '^[a-z]{2,3}([_-][A-Za-z0-9]{2,8})*$'::text)));

CREATE DOMAIN pay.request_key AS text
	CONSTRAINT request_key_short CHECK ((((length(VALUE) >= 1) AND (length(VALUE) <= 200)) AND (VALUE !~ '[\u0001-\u001f\u007f-\u009f]'::text)));

CREATE FUNCTION pay.add_collect_payment_file(company text, name text, media_type text, content bytea) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    found_id uuid;
    rule text;
    said text;
    missing text;
BEGIN
    IF NOT EXISTS (SELECT FROM company c WHERE c.company = add_collect_payment_file.company) THEN
        RAISE EXCEPTION 'there is no company "%"', add_collect_payment_file.company USING ERRCODE = 'PY404';
    END IF;
    SELECT f.file_id INTO found_id
      FROM collect_payment_file f
     WHERE f.company = add_collect_payment_file.company AND f.name = add_collect_payment_file.name
       AND f.media_type = add_collect_payment_file.media_type
       AND f.sha256 = sha256(add_collect_payment_file.content)
       AND f.version = (SELECT max(n.version) FROM collect_payment_file n
                         WHERE n.company = f.company AND n.name = f.name);
    IF found_id IS NULL THEN
        INSERT INTO collect_payment_file (company, name, media_type, content)
        VALUES (add_collect_payment_file.company, add_collect_payment_file.name,
                add_collect_payment_file.media_type, add_collect_payment_file.content)
        RETURNING file_id INTO found_id;
    END IF;
    RETURN found_id;
EXCEPTION WHEN check_violation OR not_null_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;

CREATE FUNCTION pay.cancel_command(command_id uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
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

CREATE FUNCTION pay.cancel_payment_request(request_id uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    found_row constant payment_request := lock_request(cancel_payment_request.request_id);
BEGIN
    IF found_row.state <> 'open' THEN
        RETURN found_row.state;
    END IF;
    UPDATE payment_request r
       SET state = 'cancelled', cancel_requested_at = now(), reason_code = 'cancelled',
           reason_text = 'Cancelled by ' || session_user || '.'
     WHERE r.request_id = cancel_payment_request.request_id;
    RETURN 'cancelled';
END $$;

CREATE FUNCTION pay.change_payment_request_expiry(request_id uuid, expires_at timestamp with time zone) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    found_row constant payment_request := lock_request(change_payment_request_expiry.request_id);
BEGIN
    IF found_row.state NOT IN ('open', 'expired') THEN
        PERFORM not_open(found_row, 'get another expiry');
    ELSIF change_payment_request_expiry.expires_at <= now() THEN
        RAISE EXCEPTION 'expires_at lies in the future, or is NULL for never'
            USING ERRCODE = 'PY400', CONSTRAINT = 'payment_request_expires_after_send';
    END IF;
    UPDATE payment_request r
       SET expires_at = change_payment_request_expiry.expires_at, state = 'open', reason_code = NULL,
           reason_text = NULL,
           -- What expired has lost its link.
           link_wanted_at = CASE WHEN r.state = 'expired' THEN now() ELSE r.link_wanted_at END
     WHERE r.request_id = found_row.request_id;
    IF found_row.state = 'expired' AND NOT EXISTS (
        SELECT FROM delivery d WHERE d.request_id = found_row.request_id AND d.kind = 'request' AND d.state <> 'cancelled') THEN
        PERFORM queue_mail(found_row, 'request');
    END IF;
    RETURN 'open';
EXCEPTION WHEN check_violation THEN
    RAISE EXCEPTION 'expires_at lies after send_after and before 2200' USING ERRCODE = 'PY400',
        CONSTRAINT = 'payment_request_expires_at_range';
END $$;

CREATE TABLE pay.command (
    command_id uuid DEFAULT gen_random_uuid() NOT NULL,
    seq bigint NOT NULL,
    company text NOT NULL,
    kind text NOT NULL,
    email pay.email,
    country pay.country,
    account_id pay.account_id,
    confirmation pay.header_text,
    arguments jsonb DEFAULT '{}'::jsonb NOT NULL,
    request_key pay.request_key,
    requested_by text DEFAULT SESSION_USER NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    result_url text,
    result_url_expires_at timestamp with time zone,
    result_account_id text,
    result jsonb,
    error_code text,
    error_text text,
    attempts integer DEFAULT 0 NOT NULL,
    run_after timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    lease_token bigint,
    leased_until timestamp with time zone,
    leased_by text,
    CONSTRAINT command_arguments_object CHECK ((jsonb_typeof(arguments) = 'object'::text)),
    CONSTRAINT command_complete_oauth_needs_hashes CHECK (((kind <> 'complete_oauth'::text) OR ((arguments ? 'state_sha256'::text) AND (arguments ? 'code_sha256'::text)))),
    CONSTRAINT command_connect_needs_email CHECK (((kind <> 'connect'::text) OR (email IS NOT NULL))),
    CONSTRAINT command_failed_has_code CHECK (((state <> 'failed'::text) OR (error_code IS NOT NULL))),
    CONSTRAINT command_finished_has_time CHECK (((state = ANY (ARRAY['done'::text, 'failed'::text, 'cancelled'::text])) = (finished_at IS NOT NULL))),
    CONSTRAINT command_kind CHECK ((kind = ANY (ARRAY['connect'::text, 'finalize'::text, 'manage'::text, 'disconnect'::text, 'reconnect'::text, 'refresh'::text, 'complete_oauth'::text, 'update_settings'::text, 'update_branding'::text]))),
    CONSTRAINT command_reconnect_needs_account_and_email CHECK (((kind <> 'reconnect'::text) OR ((account_id IS NOT NULL) AND (email IS NOT NULL)))),
    CONSTRAINT command_result_url_expires CHECK (((result_url IS NULL) OR (result_url_expires_at IS NOT NULL))),
    CONSTRAINT command_state CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='500', autovacuum_analyze_scale_factor='0.05');

CREATE VIEW pay.commands AS
 SELECT command.command_id,
    command.seq,
    command.company,
    command.kind,
    command.email,
    command.country,
    command.account_id,
    command.request_key,
    command.requested_by,
    command.created_at,
    command.state,
        CASE
            WHEN (command.result_url_expires_at > now()) THEN command.result_url
            ELSE NULL::text
        END AS result_url,
    command.result_url_expires_at,
    command.result_account_id,
    command.result,
    command.error_code,
    command.error_text,
    command.attempts,
    command.run_after,
    command.finished_at
   FROM pay.command;

CREATE FUNCTION pay.command_status(command_id uuid) RETURNS pay.commands
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    found_row commands;
BEGIN
    SELECT c.* INTO found_row FROM commands c WHERE c.command_id = command_status.command_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no command %', command_status.command_id USING ERRCODE = 'PY404';
    END IF;
    RETURN found_row;
END $$;

CREATE FUNCTION pay.complete_oauth(company text, code text, state text, request_key text DEFAULT NULL::text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
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

CREATE FUNCTION pay.connect(company text, email text, country text DEFAULT NULL::text, request_key text DEFAULT NULL::text, existing boolean DEFAULT false) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM company c WHERE c.company = connect.company) THEN
        PERFORM register_company(company => connect.company, email => connect.email, country => connect.country);
    END IF;
    RETURN enqueue_command(company, 'connect', request_key, email => email, country => country,
                           arguments => CASE WHEN existing THEN '{"existing": true}'::jsonb ELSE '{}' END);
END $$;

CREATE FUNCTION pay.disconnect(company text, confirmation text DEFAULT NULL::text, request_key text DEFAULT NULL::text) RETURNS uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT enqueue_command(company, 'disconnect', request_key, confirmation => confirmation)
$$;

CREATE FUNCTION pay.finalize(company text, request_key text DEFAULT NULL::text) RETURNS uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT enqueue_command(company, 'finalize', request_key)
$$;

CREATE FUNCTION pay.manage(company text, request_key text DEFAULT NULL::text) RETURNS uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT enqueue_command(company, 'manage', request_key)
$$;

CREATE TABLE pay_private.balance_transaction (
    account_id text NOT NULL,
    balance_transaction_id text NOT NULL,
    type text NOT NULL,
    reporting_category text NOT NULL,
    amount bigint NOT NULL,
    fee bigint NOT NULL,
    net bigint NOT NULL,
    currency text NOT NULL,
    exchange_rate numeric,
    source_id text,
    payout_id text,
    status text NOT NULL,
    available_on timestamp with time zone NOT NULL,
    created timestamp with time zone NOT NULL,
    description text,
    balance_type text,
    row_hash bigint NOT NULL,
    read_at timestamp with time zone NOT NULL,
    stripe_request_id text,
    next_check_at timestamp with time zone,
    gone_at timestamp with time zone,
    gone_request_id text
)
WITH (fillfactor='90');

CREATE TABLE pay_private.charge (
    account_id text NOT NULL,
    charge_id text NOT NULL,
    livemode boolean NOT NULL,
    created timestamp with time zone NOT NULL,
    status text NOT NULL,
    paid boolean NOT NULL,
    captured boolean NOT NULL,
    amount bigint NOT NULL,
    amount_captured bigint NOT NULL,
    amount_refunded bigint NOT NULL,
    currency text NOT NULL,
    refunded boolean DEFAULT false NOT NULL,
    disputed boolean DEFAULT false NOT NULL,
    balance_transaction_id text,
    payment_intent_id text,
    request_id uuid,
    matched_by text,
    description text,
    payer_name text,
    payer_email text,
    receipt_email text,
    receipt_url text,
    method text,
    brand text,
    last4 text,
    country text,
    wallet text,
    failure_code text,
    failure_message text,
    outcome_type text,
    statement_descriptor text,
    application_fee_amount bigint,
    row_hash bigint NOT NULL,
    read_at timestamp with time zone NOT NULL,
    stripe_request_id text,
    next_check_at timestamp with time zone,
    gone_at timestamp with time zone,
    gone_request_id text
)
WITH (fillfactor='90');

CREATE TABLE pay_private.currency (
    code pay.currency NOT NULL,
    exponent smallint NOT NULL,
    multiple_of integer DEFAULT 1 NOT NULL,
    max_amount bigint DEFAULT 99999999 NOT NULL,
    unit numeric GENERATED ALWAYS AS (round(power((10)::numeric, ((- exponent))::numeric), (exponent)::integer)) STORED NOT NULL,
    CONSTRAINT currency_exponent_range CHECK (((exponent >= 0) AND (exponent <= 3))),
    CONSTRAINT currency_max_positive CHECK ((max_amount > 0)),
    CONSTRAINT currency_multiple_range CHECK ((multiple_of = ANY (ARRAY[1, 10, 100])))
);

CREATE TABLE pay_private.dispute (
    account_id text NOT NULL,
    dispute_id text NOT NULL,
    livemode boolean NOT NULL,
    created timestamp with time zone NOT NULL,
    charge_id text,
    payment_intent_id text,
    amount bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    reason text NOT NULL,
    network_reason_code text,
    charge_refundable boolean NOT NULL,
    due_by timestamp with time zone,
    row_hash bigint NOT NULL,
    read_at timestamp with time zone NOT NULL,
    stripe_request_id text,
    next_check_at timestamp with time zone,
    gone_at timestamp with time zone,
    gone_request_id text
)
WITH (fillfactor='90');

CREATE TABLE pay_private.integration (
    account_id pay.account_id NOT NULL,
    company text NOT NULL,
    livemode boolean NOT NULL,
    origin text DEFAULT 'new'::text NOT NULL,
    current boolean DEFAULT true NOT NULL,
    stage text DEFAULT 'pending'::text NOT NULL,
    stage_detail text,
    blocker text DEFAULT 'none'::text NOT NULL,
    details_submitted boolean DEFAULT false NOT NULL,
    charges_enabled boolean DEFAULT false NOT NULL,
    payouts_enabled boolean DEFAULT false NOT NULL,
    currently_due text[] DEFAULT '{}'::text[] NOT NULL,
    eventually_due text[] DEFAULT '{}'::text[] NOT NULL,
    past_due text[] DEFAULT '{}'::text[] NOT NULL,
    pending_verification text[] DEFAULT '{}'::text[] NOT NULL,
    errors jsonb DEFAULT '[]'::jsonb NOT NULL,
    disabled_reason text,
    current_deadline timestamp with time zone,
    country text,
    default_currency text,
    ever_completed boolean DEFAULT false NOT NULL,
    flow_open_until timestamp with time zone,
    access text DEFAULT 'ok'::text NOT NULL,
    email_of_record text,
    account_created_at timestamp with time zone,
    observed_at timestamp with time zone,
    observed_request_id text,
    observation_hash text,
    hot_until timestamp with time zone,
    next_check_at timestamp with time zone DEFAULT now(),
    connected_at timestamp with time zone DEFAULT now() NOT NULL,
    disconnected_at timestamp with time zone,
    lease_token bigint,
    leased_until timestamp with time zone,
    leased_by text,
    future_deadline timestamp with time zone,
    future_due text[] DEFAULT '{}'::text[] NOT NULL,
    hot_reads integer DEFAULT 0 NOT NULL,
    hot_read_at timestamp with time zone,
    hot_read_before timestamp with time zone,
    disconnected_by text,
    warned_for timestamp with time zone,
    warned_at timestamp with time zone,
    CONSTRAINT integration_access CHECK ((access = ANY (ARRAY['ok'::text, 'revoked'::text]))),
    CONSTRAINT integration_blocker CHECK ((blocker = ANY (ARRAY['merchant'::text, 'stripe'::text, 'platform'::text, 'none'::text]))),
    CONSTRAINT integration_disconnected_by CHECK ((disconnected_by = ANY (ARRAY['command'::text, 'diagnosis'::text]))),
    CONSTRAINT integration_disconnected_has_time CHECK (((stage <> 'disconnected'::text) OR (disconnected_at IS NOT NULL))),
    CONSTRAINT integration_origin CHECK ((origin = ANY (ARRAY['new'::text, 'existing'::text]))),
    CONSTRAINT integration_stage CHECK ((stage = ANY (ARRAY['pending'::text, 'incomplete'::text, 'completed'::text, 'disconnected'::text]))),
    CONSTRAINT integration_warning_has_time CHECK (((warned_for IS NULL) = (warned_at IS NULL)))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.05', autovacuum_analyze_scale_factor='0.05');

CREATE TABLE pay_private.payout (
    account_id text NOT NULL,
    payout_id text NOT NULL,
    livemode boolean NOT NULL,
    created timestamp with time zone NOT NULL,
    arrival_date timestamp with time zone NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    automatic boolean NOT NULL,
    reconciliation_status text NOT NULL,
    method text NOT NULL,
    type text NOT NULL,
    destination_id text,
    balance_transaction_id text,
    failure_balance_transaction_id text,
    failure_code text,
    failure_message text,
    statement_descriptor text,
    trace_id text,
    trace_id_status text,
    row_hash bigint NOT NULL,
    read_at timestamp with time zone NOT NULL,
    stripe_request_id text,
    next_check_at timestamp with time zone,
    itemised_at timestamp with time zone,
    gone_at timestamp with time zone,
    gone_request_id text
)
WITH (fillfactor='90');

CREATE VIEW pay.my_payments AS
 SELECT i.company,
    c.account_id,
    c.charge_id,
    c.request_id,
    c.created AS created_at,
    c.status,
    c.captured,
    c.livemode,
    c.amount,
    c.currency,
    ((c.amount)::numeric * u.unit) AS amount_decimal,
    b.fee,
    b.net,
    b.currency AS settlement_currency,
    ((b.fee)::numeric * s.unit) AS fee_decimal,
    ((b.net)::numeric * s.unit) AS net_decimal,
    b.exchange_rate,
    b.available_on AS available_at,
    c.amount_refunded AS refunded,
    ((c.amount_refunded)::numeric * u.unit) AS refunded_decimal,
    c.disputed,
    c.method,
    c.brand,
    c.last4,
    c.country,
    c.wallet,
    c.payer_name,
    c.payer_email,
    c.description,
    c.receipt_url,
    c.failure_code,
    c.failure_message,
    c.balance_transaction_id,
    c.payment_intent_id,
    c.read_at AS observed_at,
    d.dispute_id,
    d.status AS dispute_status,
    d.due_by AS dispute_due_by,
    b.payout_id,
    p.status AS payout_status,
    p.arrival_date AS paid_out_at,
    p.trace_id AS bank_trace_id,
    ((((((EXTRACT(epoch FROM c.created) * (1000000)::numeric))::bigint || ' '::text) || c.account_id) || ' '::text) || c.charge_id) AS page_key
   FROM ((((((pay_private.charge c
     LEFT JOIN pay_private.integration i ON (((i.account_id)::text = c.account_id)))
     LEFT JOIN pay_private.currency u ON (((u.code)::text = c.currency)))
     LEFT JOIN pay_private.balance_transaction b ON (((b.account_id = c.account_id) AND (b.balance_transaction_id = c.balance_transaction_id))))
     LEFT JOIN pay_private.currency s ON (((s.code)::text = b.currency)))
     LEFT JOIN pay_private.payout p ON (((p.account_id = b.account_id) AND (p.payout_id = b.payout_id))))
     LEFT JOIN LATERAL ( SELECT n.dispute_id,
            n.status,
            n.due_by
           FROM pay_private.dispute n
          WHERE ((n.account_id = c.account_id) AND (n.charge_id = c.charge_id))
          ORDER BY n.created DESC, n.dispute_id
         LIMIT 1) d ON (true))
  WHERE (c.gone_at IS NULL);

CREATE FUNCTION pay.my_payments(company text, filter jsonb DEFAULT '{}'::jsonb, after text DEFAULT NULL::text, page_size integer DEFAULT 100) RETURNS SETOF pay.my_payments
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $_$
DECLARE
    -- Every condition is on the charge, or leads to it by its key, so that each has an index.
    conditions CONSTANT jsonb := '{
        "from":       ["timestamptz", "c.created >= %L"],
        "to":         ["timestamptz", "c.created < %L"],
        "status":     ["text", "c.status = %L"],
        "method":     ["text", "c.method = %L"],
        "currency":   ["text", "c.currency = lower(%L)"],
        "amount_min": ["bigint", "c.amount >= %L"],
        "amount_max": ["bigint", "c.amount <= %L"],
        "payer":      ["text", "lower(c.payer_email) = lower(%L)"],
        "request_id": ["uuid", "c.request_id = %L"],
        "payout_id":  ["text", "c.balance_transaction_id = ANY (ARRAY(SELECT b.balance_transaction_id FROM balance_transaction b WHERE b.account_id = a.account_id AND b.payout_id = %L))"],
        "disputed":   ["boolean", "c.disputed = %L"],
        "refunded":   ["boolean", "(c.amount_refunded > 0) = %L"],
        "text":       ["text", "charge_words(c.charge_id, c.description, c.payer_name, c.payer_email, c.last4) @@ plainto_tsquery(''simple'', translate(%L, ''@.'', ''  ''))"]}';
    accounts text[];
    wanted text := '';
    name text;
    key text[];
BEGIN
    IF jsonb_typeof(filter) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'filter: is no JSON object' USING ERRCODE = 'PY400', COLUMN = 'filter';
    END IF;
    IF page_size IS NULL OR page_size NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION 'page_size: is not from 1 to 10000' USING ERRCODE = 'PY400', COLUMN = 'page_size';
    END IF;
    FOR name IN SELECT jsonb_object_keys(filter) LOOP
        IF NOT conditions ? name THEN
            RAISE EXCEPTION 'filter.%: there is no such filter', name USING ERRCODE = 'PY400', COLUMN = name,
                HINT = (SELECT string_agg(k, ', ' ORDER BY k) FROM jsonb_object_keys(conditions) k);
        END IF;
        IF filter ->> name IS NOT NULL THEN
            wanted := wanted || ' AND ' || format(conditions -> name ->> 1,
                                                  filter_value(filter, name, conditions -> name ->> 0));
        END IF;
    END LOOP;
    IF after IS NOT NULL THEN
        key := regexp_match(after, '^(-?[0-9]{1,18}) (\S+) (\S+)$');
        IF key IS NULL THEN
            RAISE EXCEPTION 'after: is no page_key' USING ERRCODE = 'PY400', COLUMN = 'after';
        END IF;
        wanted := wanted || format(
            ' AND c.created <= %1$L AND NOT (c.created = %1$L AND (c.account_id, c.charge_id) <= (%2$L, %3$L))',
            timestamptz 'epoch' + key[1]::bigint * interval '1 microsecond', key[2], key[3]);
    END IF;
    accounts := ARRAY(SELECT i.account_id FROM integration i
                       WHERE my_payments.company IS NULL OR i.company = my_payments.company);
    RETURN QUERY EXECUTE format(
        'SELECT v.* FROM unnest($1) a (account_id)
          CROSS JOIN LATERAL (SELECT c.account_id, c.charge_id, c.created FROM charge c
                               WHERE c.account_id = a.account_id%s
                               ORDER BY c.created DESC, c.charge_id LIMIT %s) c
           JOIN pay.my_payments v ON v.account_id = c.account_id AND v.charge_id = c.charge_id
          ORDER BY c.created DESC, c.account_id, c.charge_id LIMIT %s', wanted, page_size, page_size)
      USING accounts;
END $_$;

CREATE FUNCTION pay.reconnect(company text, account_id text, email text, request_key text DEFAULT NULL::text) RETURNS uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT enqueue_command(company, 'reconnect', request_key, email => email, account_id => account_id)
$$;

CREATE FUNCTION pay.refresh(company text, request_key text DEFAULT NULL::text) RETURNS uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT enqueue_command(company, 'refresh', request_key)
$$;

CREATE FUNCTION pay.register_company(company text, name text DEFAULT NULL::text, email text DEFAULT NULL::text, locale text DEFAULT NULL::text, country text DEFAULT NULL::text, default_currency text DEFAULT NULL::text, enabled boolean DEFAULT NULL::boolean, admin_emails text[] DEFAULT NULL::text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    rule text;
    said text;
    missing text;
BEGIN
    INSERT INTO company AS c (company, name, email, locale, country, default_currency, enabled,
                              admin_emails)
    VALUES (register_company.company, coalesce(register_company.name, register_company.company),
            register_company.email, coalesce(register_company.locale, 'en'), register_company.country,
            register_company.default_currency, coalesce(register_company.enabled, true),
            coalesce(register_company.admin_emails, '{}'))
    ON CONFLICT (company) DO UPDATE
       SET name = coalesce(register_company.name, c.name),
           email = coalesce(register_company.email, c.email),
           locale = coalesce(register_company.locale, c.locale),
           country = coalesce(register_company.country, c.country),
           default_currency = coalesce(register_company.default_currency, c.default_currency),
           enabled = coalesce(register_company.enabled, c.enabled),
           admin_emails = coalesce(register_company.admin_emails, c.admin_emails),
           updated_at = now();
EXCEPTION WHEN check_violation OR not_null_violation OR foreign_key_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;

CREATE FUNCTION pay.remind_payment_request(request_id uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    found_row constant payment_request := lock_request(remind_payment_request.request_id);
    waiting uuid;
BEGIN
    IF found_row.state <> 'open' THEN
        PERFORM not_open(found_row, 'be reminded of');
    ELSIF mail_under_way(found_row) IS NOT NULL THEN
        RETURN mail_under_way(found_row);
    END IF;
    SELECT d.delivery_id INTO waiting FROM delivery d
     WHERE d.request_id = found_row.request_id AND d.kind = 'reminder' AND d.next_attempt_at <= now();
    RETURN coalesce(waiting, queue_mail(found_row, 'reminder'));
END $$;

CREATE FUNCTION pay.replace_payment_link(request_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    found_row constant payment_request := lock_request(replace_payment_link.request_id);
BEGIN
    IF found_row.state <> 'open' THEN
        PERFORM not_open(found_row, 'get another link');
    END IF;
    PERFORM retire_links(found_row.request_id, 'replaced');
    UPDATE payment_request r SET link_wanted_at = now() WHERE r.request_id = found_row.request_id;
    PERFORM pg_notify('pay_request_changed', '');
END $$;

CREATE FUNCTION pay.report_bounce(message_id text, recipient text DEFAULT NULL::text, status text DEFAULT NULL::text, diagnostic text DEFAULT NULL::text, action text DEFAULT 'failed'::text, report_key text DEFAULT NULL::text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    result text;
    rule text;
    said text;
    missing text;
BEGIN
    IF report_bounce.action NOT IN ('failed', 'delayed', 'delivered', 'relayed', 'expanded') THEN
        RAISE EXCEPTION 'action is failed, delayed, delivered, relayed or expanded'
            USING ERRCODE = 'PY400', CONSTRAINT = 'bounce_action';
    END IF;
    result := take_bounce(
        'report:' || session_user || ':' || coalesce(report_bounce.report_key, gen_random_uuid()::text),
        report_bounce.message_id, '', '', report_bounce.recipient, report_bounce.action, report_bounce.status,
        report_bounce.diagnostic);
    IF result = 'unknown' THEN
        RAISE EXCEPTION 'there is no mail with this Message-ID to this recipient' USING ERRCODE = 'PY404';
    END IF;
    RETURN result;
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;

CREATE FUNCTION pay.request_payment(company text, to_email text, amount bigint, currency text, description text, request_key text DEFAULT NULL::text, to_name text DEFAULT NULL::text, message text DEFAULT NULL::text, due_on date DEFAULT NULL::date, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, send_after timestamp with time zone DEFAULT NULL::timestamp with time zone, priority integer DEFAULT 0, multi_party boolean DEFAULT false, locale text DEFAULT NULL::text, reply_to text DEFAULT NULL::text, collect_payment_file_id uuid DEFAULT NULL::uuid, metadata jsonb DEFAULT '{}'::jsonb, cc text[] DEFAULT NULL::text[], reminders integer[] DEFAULT NULL::integer[], receipt_to_payer boolean DEFAULT true, receipt_to_company boolean DEFAULT true) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    new_id uuid;
    old payment_request;
    rule text;
    said text;
    missing text;
BEGIN
    IF NOT EXISTS (SELECT FROM company c WHERE c.company = request_payment.company) THEN
        RAISE EXCEPTION 'there is no company "%"', request_payment.company USING ERRCODE = 'PY404';
    END IF;
    INSERT INTO payment_request (company, to_email, to_name, reply_to, amount, currency, description, message,
                                 due_on, expires_at, send_after, priority, multi_party, locale, request_key,
                                 collect_payment_file_id, metadata, cc, reminders, receipt_to_payer,
                                 receipt_to_company)
    VALUES (request_payment.company, request_payment.to_email, request_payment.to_name,
            request_payment.reply_to, request_payment.amount,
            request_payment.currency, request_payment.description, request_payment.message, request_payment.due_on,
            request_payment.expires_at, coalesce(request_payment.send_after, now()),
            greatest(-32768, least(32767, coalesce(request_payment.priority, 0))),
            coalesce(request_payment.multi_party, false), request_payment.locale, request_payment.request_key,
            request_payment.collect_payment_file_id, coalesce(request_payment.metadata, '{}'),
            coalesce(request_payment.cc, '{}'),
            ARRAY(SELECT greatest(-32768, least(32767, d)) FROM unnest(request_payment.reminders) d),
            coalesce(request_payment.receipt_to_payer, true), coalesce(request_payment.receipt_to_company, true))
    ON CONFLICT (company, request_key) WHERE request_key IS NOT NULL DO NOTHING
    RETURNING request_id INTO new_id;
    IF new_id IS NOT NULL THEN
        RETURN new_id;
    END IF;

    SELECT r.* INTO STRICT old FROM payment_request r
     WHERE r.company = request_payment.company AND r.request_key = request_payment.request_key;
    IF (old.to_email, old.to_name, old.reply_to, old.amount, old.currency, old.description,
        old.message, old.due_on, old.expires_at, old.priority::integer, old.multi_party, old.locale,
        old.collect_payment_file_id, old.metadata, old.send_after, old.cc::text[], old.reminders::integer[],
        old.receipt_to_payer, old.receipt_to_company)
        IS DISTINCT FROM
       (request_payment.to_email, request_payment.to_name,
        request_payment.reply_to, request_payment.amount, request_payment.currency, request_payment.description,
        request_payment.message, request_payment.due_on, request_payment.expires_at,
        coalesce(request_payment.priority, 0), coalesce(request_payment.multi_party, false),
        request_payment.locale, request_payment.collect_payment_file_id, coalesce(request_payment.metadata, '{}'),
        coalesce(request_payment.send_after, old.send_after), coalesce(request_payment.cc, '{}'),
        coalesce(request_payment.reminders, '{}'), coalesce(request_payment.receipt_to_payer, true),
        coalesce(request_payment.receipt_to_company, true)) THEN
        RAISE EXCEPTION 'request key "%" belongs to another payment request of this company',
            request_payment.request_key
            USING ERRCODE = 'PY409', DETAIL = format('It belongs to payment request %s.', old.request_id);
    END IF;
    RETURN old.request_id;
EXCEPTION WHEN check_violation OR not_null_violation OR foreign_key_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;

CREATE FUNCTION pay_private.metadata_ok(metadata jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT CASE WHEN jsonb_typeof(metadata) <> 'object' THEN false
                ELSE (SELECT count(*) <= 20
                             AND coalesce(bool_and(length(e.key) BETWEEN 1 AND 40
                                                   AND e.key !~ '[\[\]\u0001-\u001f]'
                                                   AND e.key <> 'request_id'
                                                   AND jsonb_typeof(e.value) IN ('string', 'number', 'boolean')
                                                   AND length(e.value #>> '{}') <= 500), true)
                        FROM jsonb_each(metadata) e) END
$$;

CREATE TABLE pay.payment_request (
    request_id uuid DEFAULT gen_random_uuid() NOT NULL,
    seq bigint NOT NULL,
    company text NOT NULL,
    to_email pay.email NOT NULL,
    to_name pay.header_text,
    reply_to pay.email,
    amount bigint NOT NULL,
    currency pay.currency NOT NULL,
    description pay.header_text NOT NULL,
    message text,
    due_on date,
    expires_at timestamp with time zone,
    send_after timestamp with time zone DEFAULT now() NOT NULL,
    priority smallint DEFAULT 0 NOT NULL,
    multi_party boolean DEFAULT false NOT NULL,
    locale pay.locale,
    request_key pay.request_key,
    collect_payment_file_id uuid,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    requested_by text DEFAULT SESSION_USER NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    reason_code text,
    reason_text text,
    account_id text,
    livemode boolean,
    paid_at timestamp with time zone,
    amount_paid bigint DEFAULT 0 NOT NULL,
    cancel_requested_at timestamp with time zone,
    cc pay.email[] DEFAULT '{}'::pay.email[] NOT NULL,
    reminders smallint[] DEFAULT '{}'::smallint[] NOT NULL,
    receipt_to_payer boolean DEFAULT true NOT NULL,
    receipt_to_company boolean DEFAULT true NOT NULL,
    link_wanted_at timestamp with time zone,
    CONSTRAINT payment_request_amount_positive CHECK ((amount > 0)),
    CONSTRAINT payment_request_cc_count CHECK (((cardinality(cc) <= 10) AND (array_position(cc, (NULL::text)::pay.email) IS NULL))),
    CONSTRAINT payment_request_description_given CHECK ((btrim((description)::text) <> ''::text)),
    CONSTRAINT payment_request_due_on_range CHECK (((due_on >= '2000-01-01'::date) AND (due_on < '2200-01-01'::date))),
    CONSTRAINT payment_request_expires_after_send CHECK (((expires_at > send_after) AND (expires_at > created_at))),
    CONSTRAINT payment_request_expires_at_range CHECK ((expires_at < '2200-01-01 00:00:00+00'::timestamp with time zone)),
    CONSTRAINT payment_request_message_text CHECK (((length(message) <= 10000) AND (message !~ '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]'::text))),
    CONSTRAINT payment_request_metadata_flat CHECK (((metadata = '{}'::jsonb) OR pay_private.metadata_ok(metadata))),
    CONSTRAINT payment_request_priority_range CHECK (((priority >= '-10'::integer) AND (priority <= 10))),
    CONSTRAINT payment_request_reminders_need_due_on CHECK (((reminders = '{}'::smallint[]) OR (due_on IS NOT NULL))),
    CONSTRAINT payment_request_reminders_range CHECK (((cardinality(reminders) <= 10) AND (array_position(reminders, NULL::smallint) IS NULL) AND ('-365'::integer <= ALL (reminders)) AND (365 >= ALL (reminders)))),
    CONSTRAINT payment_request_send_after_range CHECK (((send_after >= '2000-01-01 00:00:00+00'::timestamp with time zone) AND (send_after < '2200-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT payment_request_state CHECK ((state = ANY (ARRAY['open'::text, 'paid'::text, 'overpaid'::text, 'partially_paid'::text, 'refunded'::text, 'disputed'::text, 'cancelled'::text, 'expired'::text, 'failed'::text])))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0.05');

CREATE TABLE pay_private.delivery (
    delivery_id uuid DEFAULT gen_random_uuid() NOT NULL,
    request_id uuid NOT NULL,
    kind text NOT NULL,
    recipient pay.email NOT NULL,
    message_id text,
    message bytea,
    message_sha256 bytea GENERATED ALWAYS AS (sha256(message)) STORED,
    link_id text,
    brand_version integer,
    state text DEFAULT 'queued'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    accepted_at timestamp with time zone,
    smtp_reply text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    company text NOT NULL,
    number integer DEFAULT 1 NOT NULL,
    charge_id text,
    seq bigint NOT NULL,
    priority smallint DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now(),
    put_off integer DEFAULT 0 NOT NULL,
    frozen_at timestamp with time zone,
    mail_account text,
    reason_code text,
    reason_text text,
    lease_token bigint,
    leased_until timestamp with time zone,
    leased_by text,
    CONSTRAINT delivery_frozen CHECK (((state = ANY (ARRAY['queued'::text, 'failed'::text, 'suppressed'::text, 'cancelled'::text])) OR ((message IS NOT NULL) AND (message_id IS NOT NULL)))),
    CONSTRAINT delivery_kind CHECK ((kind = ANY (ARRAY['request'::text, 'reminder'::text, 'receipt'::text, 'notice'::text]))),
    CONSTRAINT delivery_number_positive CHECK ((number > 0)),
    CONSTRAINT delivery_of_payment CHECK (((kind = ANY (ARRAY['receipt'::text, 'notice'::text])) = (charge_id IS NOT NULL))),
    CONSTRAINT delivery_sent_has_time CHECK (((state <> 'sent'::text) OR (accepted_at IS NOT NULL))),
    CONSTRAINT delivery_state CHECK ((state = ANY (ARRAY['queued'::text, 'ready'::text, 'sending'::text, 'committing'::text, 'sent'::text, 'deferred'::text, 'failed'::text, 'in_doubt'::text, 'suppressed'::text, 'cancelled'::text, 'bounced'::text])))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0.05');

CREATE TABLE pay_private.payment_link (
    link_id text NOT NULL,
    request_id uuid NOT NULL,
    account_id text NOT NULL,
    url text NOT NULL,
    active boolean NOT NULL,
    wanted_active boolean NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    deactivated_at timestamp with time zone,
    deactivation_reason text,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    verified_at timestamp with time zone,
    CONSTRAINT payment_link_url_http CHECK ((url ~ '^https?://[^[:space:][:cntrl:]<>"]+$'::text))
)
WITH (fillfactor='85');

CREATE VIEW pay.payment_requests AS
 SELECT r.request_id,
    r.seq,
    r.company,
    r.to_email,
    r.to_name,
    r.reply_to,
    r.amount,
    r.currency,
    ((r.amount)::numeric * u.unit) AS amount_decimal,
    r.description,
    r.message,
    r.due_on,
    r.expires_at,
    r.send_after,
    r.priority,
    r.multi_party,
    r.locale,
    r.request_key,
    r.collect_payment_file_id,
    r.metadata,
    r.requested_by,
    r.created_at,
    r.state,
    d.state AS delivery,
    COALESCE(r.reason_code, d.reason_code) AS reason_code,
    COALESCE(r.reason_text, d.reason_text) AS reason_text,
    d.put_off AS attempts,
    d.next_attempt_at,
    r.account_id,
    r.livemode,
    r.amount_paid,
    r.paid_at,
    d.accepted_at AS sent_at,
    r.cancel_requested_at,
    l.link_id,
    l.url AS link_url,
    l.active AS link_active,
    r.cc,
    r.reminders,
    r.receipt_to_payer,
    r.receipt_to_company
   FROM (((pay.payment_request r
     LEFT JOIN pay_private.currency u ON (((u.code)::text = (r.currency)::text)))
     LEFT JOIN LATERAL ( SELECT x.link_id,
            x.request_id,
            x.account_id,
            x.url,
            x.active,
            x.wanted_active,
            x.created_at,
            x.deactivated_at,
            x.deactivation_reason,
            x.attempts,
            x.next_attempt_at,
            x.verified_at
           FROM pay_private.payment_link x
          WHERE (x.request_id = r.request_id)
          ORDER BY x.wanted_active DESC, x.created_at DESC
         LIMIT 1) l ON (true))
     LEFT JOIN LATERAL ( SELECT x.delivery_id,
            x.request_id,
            x.kind,
            x.recipient,
            x.message_id,
            x.message,
            x.message_sha256,
            x.link_id,
            x.brand_version,
            x.state,
            x.attempts,
            x.accepted_at,
            x.smtp_reply,
            x.created_at,
            x.company,
            x.number,
            x.charge_id,
            x.seq,
            x.priority,
            x.next_attempt_at,
            x.put_off,
            x.frozen_at,
            x.mail_account,
            x.reason_code,
            x.reason_text,
            x.lease_token,
            x.leased_until,
            x.leased_by
           FROM pay_private.delivery x
          WHERE ((x.request_id = r.request_id) AND (x.kind = 'request'::text) AND ((x.recipient)::text = (r.to_email)::text))
          ORDER BY x.number DESC
         LIMIT 1) d ON (true));

CREATE FUNCTION pay.request_status(request_id uuid) RETURNS pay.payment_requests
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    found_row payment_requests;
BEGIN
    SELECT r.* INTO found_row FROM payment_requests r WHERE r.request_id = request_status.request_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no payment request %', request_status.request_id USING ERRCODE = 'PY404';
    END IF;
    RETURN found_row;
END $$;

CREATE FUNCTION pay.resend_payment_request(request_id uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    found_row constant payment_request := lock_request(resend_payment_request.request_id);
    under_way constant uuid := mail_under_way(found_row);
BEGIN
    IF found_row.state NOT IN ('open', 'failed') THEN
        PERFORM not_open(found_row, 'be sent again');
    ELSIF under_way IS NOT NULL THEN
        RETURN under_way;
    END IF;
    -- Only the newest mail's link works, so nobody pays twice.
    PERFORM retire_links(found_row.request_id, 'replaced');
    UPDATE payment_request r SET state = 'open', reason_code = NULL, reason_text = NULL, link_wanted_at = NULL
     WHERE r.request_id = found_row.request_id;
    RETURN queue_mail(found_row, 'request');
END $$;

CREATE FUNCTION pay.set_branding(company text, kind text, display_name text DEFAULT NULL::text, primary_color text DEFAULT NULL::text, secondary_color text DEFAULT NULL::text, logo bytea DEFAULT NULL::bytea, logo_media_type text DEFAULT NULL::text, icon bytea DEFAULT NULL::bytea, icon_media_type text DEFAULT NULL::text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    newest branding;
    wanted branding;
    rule text;
    said text;
    missing text;
BEGIN
    PERFORM FROM company c WHERE c.company = set_branding.company FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no company "%"', set_branding.company USING ERRCODE = 'PY404';
    END IF;
    SELECT b.* INTO newest FROM branding b
     WHERE b.company = set_branding.company AND b.kind = set_branding.kind
     ORDER BY b.version DESC LIMIT 1;
    wanted := newest;
    wanted.display_name := set_branding.display_name;
    wanted.primary_color := lower(set_branding.primary_color);
    wanted.secondary_color := lower(set_branding.secondary_color);
    wanted.logo := set_branding.logo;
    wanted.logo_media_type := set_branding.logo_media_type;
    wanted.icon := set_branding.icon;
    wanted.icon_media_type := set_branding.icon_media_type;
    IF newest.version IS NOT NULL AND wanted IS NOT DISTINCT FROM newest THEN
        RETURN newest.version;
    END IF;
    INSERT INTO branding (company, kind, version, display_name, primary_color, secondary_color, logo,
                          logo_media_type, icon, icon_media_type)
    VALUES (set_branding.company, set_branding.kind, coalesce(newest.version, 0) + 1, wanted.display_name,
            wanted.primary_color, wanted.secondary_color, wanted.logo, wanted.logo_media_type, wanted.icon,
            wanted.icon_media_type);
    RETURN coalesce(newest.version, 0) + 1;
EXCEPTION WHEN check_violation OR not_null_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;

CREATE FUNCTION pay.set_mail_template(company text, kind text, subject text DEFAULT NULL::text, body_text text DEFAULT NULL::text, body_html text DEFAULT NULL::text, locale text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    rule text;
    said text;
    missing text;
BEGIN
    IF NOT EXISTS (SELECT FROM company c WHERE c.company = set_mail_template.company) THEN
        RAISE EXCEPTION 'there is no company "%"', set_mail_template.company USING ERRCODE = 'PY404';
    END IF;
    IF num_nonnulls(set_mail_template.subject, set_mail_template.body_text, set_mail_template.body_html) = 0 THEN
        DELETE FROM mail_template t
         WHERE t.company = set_mail_template.company AND t.kind = set_mail_template.kind
           AND t.locale = coalesce(set_mail_template.locale, '');
        RETURN;
    END IF;
    INSERT INTO mail_template (company, kind, locale, subject, body_text, body_html)
    VALUES (set_mail_template.company, set_mail_template.kind, coalesce(set_mail_template.locale, ''),
            set_mail_template.subject, set_mail_template.body_text, set_mail_template.body_html)
    ON CONFLICT (company, kind, locale) DO UPDATE
       SET subject = excluded.subject, body_text = excluded.body_text, body_html = excluded.body_html;
EXCEPTION WHEN check_violation OR not_null_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;

CREATE FUNCTION pay.unsuppress(email text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM suppression s
     WHERE lower(s.email) IN (lower(unsuppress.email), pseudonym(unsuppress.email));
    RETURN FOUND;
END $$;

CREATE FUNCTION pay.update_branding(company text, kind text, display_name text DEFAULT NULL::text, primary_color text DEFAULT NULL::text, secondary_color text DEFAULT NULL::text, logo bytea DEFAULT NULL::bytea, logo_media_type text DEFAULT NULL::text, icon bytea DEFAULT NULL::bytea, icon_media_type text DEFAULT NULL::text, request_key text DEFAULT NULL::text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    brand_version constant integer := set_branding(
        update_branding.company, update_branding.kind, update_branding.display_name, update_branding.primary_color,
        update_branding.secondary_color, update_branding.logo, update_branding.logo_media_type, update_branding.icon,
        update_branding.icon_media_type);
    wanted constant jsonb := jsonb_build_object('kind', update_branding.kind, 'version', brand_version);
    before bigint;
    id uuid;
BEGIN
    SELECT coalesce(max(c.seq), 0) INTO before FROM command c WHERE c.company = update_branding.company;
    id := enqueue_command(update_branding.company, 'update_branding', request_key, arguments => wanted);
    IF update_branding.kind = 'checkout'
       AND EXISTS (SELECT FROM command c WHERE c.command_id = id AND c.seq > before) THEN
        PERFORM want_setting(update_branding.company, w.name, coalesce(to_jsonb(w.value), 'null'))
           FROM (VALUES ('primary_color', lower(update_branding.primary_color)),
                        ('secondary_color', lower(update_branding.secondary_color)),
                        ('logo', encode(sha256(update_branding.logo), 'hex')),
                        ('icon', encode(sha256(update_branding.icon), 'hex'))) w (name, value)
          WHERE w.value IS NOT NULL
             OR EXISTS (SELECT FROM setting s WHERE s.company = update_branding.company AND s.name = w.name);
    END IF;
    RETURN id;
END $$;

CREATE FUNCTION pay.update_settings(company text, default_currency text DEFAULT NULL::text, statement_descriptor text DEFAULT NULL::text, payment_methods text[] DEFAULT NULL::text[], application_fee_percent numeric DEFAULT NULL::numeric, application_fee_fixed jsonb DEFAULT NULL::jsonb, request_key text DEFAULT NULL::text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $_$
#variable_conflict use_column
DECLARE
    wanted constant jsonb := jsonb_strip_nulls(jsonb_build_object(
        'default_currency', lower(update_settings.default_currency),
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
        PERFORM want_setting(update_settings.company, w.key, CASE WHEN w.value = '""' THEN 'null' ELSE w.value END)
           FROM jsonb_each(wanted) w;
    END IF;
    RETURN id;
END $_$;

CREATE FUNCTION pay_private.accept_commands() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
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

CREATE FUNCTION pay_private.accept_discrepancy(discrepancy_id bigint, words text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    UPDATE discrepancy d SET state = 'accepted', resolved_at = now(), resolution = btrim(words)
     WHERE d.discrepancy_id = accept_discrepancy.discrepancy_id AND d.state = 'open';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no open discrepancy %', discrepancy_id USING ERRCODE = 'PY404';
    END IF;
END $$;

CREATE FUNCTION pay_private.accept_payment_requests() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    disabled text;
    bad record;
    rule text;
    said text;
BEGIN
    SELECT c.company INTO disabled FROM added JOIN company c USING (company) WHERE NOT c.enabled LIMIT 1;
    IF FOUND THEN
        PERFORM refuse_disabled(disabled);
    END IF;
    -- One look at all rows: a foreign key to a few currencies would lock the same row for every request.
    SELECT a.amount, a.currency, u.max_amount, u.multiple_of INTO bad
      FROM added a LEFT JOIN currency u ON u.code = a.currency
     WHERE u.code IS NULL OR a.amount > u.max_amount OR a.amount % u.multiple_of <> 0
     LIMIT 1;
    IF FOUND THEN
        IF bad.max_amount IS NULL THEN
            rule := 'payment_request_currency_known';
            said := format('"%s" is not a currency that Stripe charges in', bad.currency);
        ELSIF bad.amount > bad.max_amount THEN
            rule := 'payment_request_amount_maximum';
            said := format('%s is more than the largest amount in %s, which is %s minor units', bad.amount,
                           bad.currency, bad.max_amount);
        ELSE
            rule := 'payment_request_amount_multiple';
            said := format('an amount in %s is a multiple of %s minor units, and %s is not', bad.currency,
                           bad.multiple_of, bad.amount);
        END IF;
        RAISE EXCEPTION '%', said USING ERRCODE = 'check_violation', CONSTRAINT = rule, TABLE = 'payment_request',
            SCHEMA = 'pay';
    END IF;
    IF EXISTS (SELECT FROM added) THEN
        PERFORM pg_notify('pay_payment_request', '');
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION pay_private.application_fee(company text, amount bigint, currency text) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT least(application_fee.amount,
                 round(application_fee.amount * coalesce(max(s.desired::text::numeric)
                           FILTER (WHERE s.name = 'application_fee_percent' AND jsonb_typeof(s.desired) = 'number'), 0)
                       / 100)::bigint
                 + coalesce(max((s.desired ->> application_fee.currency)::bigint)
                                FILTER (WHERE s.name = 'application_fee_fixed'), 0))
      FROM setting s
     WHERE s.company = application_fee.company AND s.name IN ('application_fee_percent', 'application_fee_fixed')
$$;

CREATE FUNCTION pay_private.as_email(address text) RETURNS pay.email
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    checked email;
BEGIN
    checked := address;
    RETURN checked;
EXCEPTION WHEN check_violation THEN
    RETURN NULL;
END $$;

CREATE FUNCTION pay_private.backfill(company text, back_to timestamp with time zone) RETURNS TABLE(account_id text, stream text, since timestamp with time zone, until timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    planned record;
BEGIN
    FOR planned IN SELECT p.* FROM backfill_plan(backfill.company, backfill.back_to) p LOOP
        -- It begins earlier from now on: what of that does not get read is a hole.
        UPDATE pay_private.stream s SET since = least(s.since, planned.since)
         WHERE s.account_id = planned.account_id AND s.stream = planned.stream;
        PERFORM walk_again(planned.account_id, planned.stream, planned.since, planned.until);
        account_id := planned.account_id;
        stream := planned.stream;
        since := planned.since;
        until := planned.until;
        RETURN NEXT;
    END LOOP;
    PERFORM pg_notify('pay_payment_due', '');
END $$;

CREATE FUNCTION pay_private.backfill_plan(company text, back_to timestamp with time zone) RETURNS TABLE(account_id text, stream text, since timestamp with time zone, until timestamp with time zone)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
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

CREATE FUNCTION pay_private.bad_argument(rule text, said text, missing text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    words text := (SELECT obj_description(c.oid, 'pg_constraint')
                     FROM pg_constraint c
                    WHERE c.conname = rule
                      AND c.connamespace IN ('pay'::regnamespace, 'pay_private'::regnamespace)
                    LIMIT 1);
BEGIN
    RAISE EXCEPTION '%', coalesce(words, nullif(missing, '') || ' is missing', said)
        USING ERRCODE = 'PY400', CONSTRAINT = rule, COLUMN = missing;
END $$;

CREATE FUNCTION pay_private.blot(body text, words text[], pseudonym text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    form text;
    pattern text;
BEGIN
    -- The longest first: none of them is left over as the rest of another.
    FOR form IN SELECT f FROM unnest(word_forms(words)) AS f ORDER BY length(f) DESC, f LOOP
        CONTINUE WHEN strpos(lower(body), lower(form)) = 0;
        pattern := regexp_replace(form, '([!-/:-@\[-`{-~ ])', '\\\1', 'g');
        -- Only whole addresses and names: ann@ is not in joann@, and .de goes on in .de.example. An escaped character
        -- before it (\n, %20) is none of its letters.
        IF form ~* '@|%40' THEN
            pattern := '(?:(?<![\w.+%-])|(?<=\\[nrtbf])|(?<=%(?!2B|2D|2E|5F)[0-9A-F]{2}))' || pattern || '(?![\w-]|\.\w)';
        ELSE
            pattern := '(?:(?<!\w)|(?<=\\[nrtbf])|(?<=%[0-9A-F]{2}))' || pattern || '(?!\w)';
        END IF;
        body := regexp_replace(body, pattern, pseudonym, 'gi');
    END LOOP;
    RETURN body;
END $$;

CREATE FUNCTION pay_private.charge_words(charge_id text, description text, payer_name text, payer_email text, last4 text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE
    RETURN to_tsvector('simple'::regconfig, ((((((((charge_id || ' '::text) || COALESCE(description, ''::text)) || ' '::text) || COALESCE(payer_name, ''::text)) || ' '::text) || COALESCE(translate(payer_email, '@.'::text, '  '::text), ''::text)) || ' '::text) || COALESCE(last4, ''::text)));

CREATE FUNCTION pay_private.check_mail_template() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    asks constant boolean := NEW.kind IN ('request', 'reminder');
    -- The head of a document may hold what the body of a mail may not.
    html constant text := CASE WHEN NEW.kind = 'layout'
        THEN regexp_replace(NEW.body_html, '^.*?</head>', '', 'i') ELSE NEW.body_html END;
    place text;
    template text;
    said text;
BEGIN
    FOR place, template IN VALUES ('subject', NEW.subject), ('body_text', NEW.body_text), ('body_html', NEW.body_html)
    LOOP
        said := CASE
            WHEN template IS NULL THEN NULL
            WHEN octet_length(template) > 65536 THEN 'at most 64 KiB'
            WHEN btrim(template, E' \n\r\t') = '' THEN 'not blank'
            WHEN template ~ '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]' THEN 'no control characters'
            WHEN place = 'subject' AND template ~ '[\r\n]' THEN 'one line'
            WHEN place <> 'subject' AND asks AND strpos(template, '{{URL}}') = 0
                THEN 'a mail that asks for a payment has {{URL}} in it'
            WHEN place = 'body_html' AND NEW.kind = 'layout'
                 AND (length(template) - length(replace(template, '{{BODY}}', ''))) / 8 <> 1
                THEN 'a layout has {{BODY}} in it, once'
            ELSE coalesce(template_tags_problem(template_names(NEW.kind), template),
                          CASE WHEN place = 'body_html' THEN template_html_problem(html) END)
        END;
        IF said IS NOT NULL THEN
            RAISE EXCEPTION '%: %', place, said USING ERRCODE = 'PY400', TABLE = 'mail_template', SCHEMA = 'pay',
                COLUMN = place, CONSTRAINT = 'mail_template_text';
        END IF;
    END LOOP;
    NEW.changed_at := now();
    NEW.changed_by := session_user;
    RETURN NEW;
END $$;

CREATE FUNCTION pay_private.check_pictures() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    logo record;
    icon record;
    said text;
BEGIN
    SELECT * INTO logo FROM picture_size(NEW.logo);
    SELECT * INTO icon FROM picture_size(NEW.icon);
    said := CASE
        WHEN NEW.logo IS NOT NULL AND (logo.width < 128 OR logo.height < 128) IS NOT FALSE
            THEN 'a logo is a PNG or JPEG of at least 128 by 128 pixels'
        WHEN NEW.icon IS NOT NULL AND (icon.width < 128 OR icon.width <> icon.height) IS NOT FALSE
            THEN 'an icon is a square PNG or JPEG of at least 128 by 128 pixels'
    END;
    IF said IS NOT NULL THEN
        RAISE EXCEPTION '%', said USING ERRCODE = 'PY400', TABLE = 'branding', SCHEMA = 'pay',
            CONSTRAINT = 'branding_picture';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION pay_private.clear_fuse() RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    UPDATE fuse SET blown_at = NULL, cleared_at = now(), cleared_by = session_user, pass_once = true
     WHERE blown_at IS NOT NULL;
    RETURN FOUND;
END $$;

CREATE FUNCTION pay_private.close_payment_request() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    has_paid constant boolean := NEW.state IN ('paid', 'overpaid', 'partially_paid');
BEGIN
    UPDATE delivery d
       SET state = CASE WHEN d.state = 'in_doubt' THEN 'sent' ELSE 'cancelled' END,
           accepted_at = CASE WHEN d.state = 'in_doubt' THEN coalesce(d.accepted_at, now()) ELSE d.accepted_at END,
           reason_code = NULL, reason_text = NULL
     WHERE d.request_id = NEW.request_id AND d.kind IN ('request', 'reminder')
       AND (d.state IN ('queued', 'ready', 'sending', 'deferred') OR (d.state = 'in_doubt' AND has_paid));
    IF NOT (NEW.multi_party AND has_paid) THEN
        UPDATE payment_link l
           SET wanted_active = false, deactivation_reason = CASE WHEN has_paid THEN 'paid' ELSE NEW.state END
         WHERE l.request_id = NEW.request_id AND l.wanted_active;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION pay_private.disconnect(account_id text, cause text, disconnected_by text, stripe_request_id text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
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

CREATE FUNCTION pay_private.draw_sample(size integer, pause interval) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $_$
DECLARE
    mirrored record;
    drawn integer;
    total integer := 0;
    rows_there bigint;
BEGIN
    -- One daemon draws for all.
    IF NOT pg_try_advisory_xact_lock(hashtext('pay_private.draw_sample'))
       OR EXISTS (SELECT FROM reread r WHERE r.reason = 'audit' AND r.asked_at > now() - pause)
       OR EXISTS (SELECT FROM audited a WHERE a.audited_at > now() - pause) THEN
        RETURN 0;
    END IF;
    DELETE FROM audited a WHERE a.audited_at < now() - interval '90 days';
    FOR mirrored IN SELECT * FROM (VALUES ('charges', 'charge', 'charge_id'), ('refunds', 'refund', 'refund_id'),
            ('disputes', 'dispute', 'dispute_id'), ('payouts', 'payout', 'payout_id'),
            ('balance_transactions', 'balance_transaction', 'balance_transaction_id')) AS v (stream, tab, id) LOOP
        SELECT greatest(c.reltuples, 0) INTO rows_there FROM pg_class c
         WHERE c.oid = ('pay_private.' || quote_ident(mirrored.tab))::regclass;
        -- A share of the table's pages with many times more rows than are wanted; of a small table all.
        EXECUTE format(
            'INSERT INTO pay_private.reread (account_id, stream, object_id, reason)
             SELECT m.account_id, %L, m.%I, ''audit''
               FROM pay_private.%I m TABLESAMPLE SYSTEM (%s)
               JOIN pay_private.integration i ON i.account_id = m.account_id AND i.access = ''ok'' AND i.stage <> ''disconnected''
              WHERE m.gone_at IS NULL AND (m.next_check_at IS NULL OR m.next_check_at > now())
              ORDER BY random() LIMIT $1
             ON CONFLICT DO NOTHING',
            mirrored.stream, mirrored.id, mirrored.tab,
            CASE WHEN rows_there > 100000 THEN least(100, 100.0 * size * 100 / rows_there) ELSE 100 END)
        USING size;
        GET DIAGNOSTICS drawn = ROW_COUNT;
        total := total + drawn;
    END LOOP;
    RETURN total;
END $_$;

CREATE FUNCTION pay_private.due_deliveries(wanted integer, after text, held text[], OUT ids uuid[], OUT last_company text, OUT more boolean) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    groups_at_once CONSTANT integer := 128;
    seen integer;
BEGIN
    more := false;
    last_company := after;
    -- With held accounts the rows are not looked at one by one: there may be very many that have to wait.
    IF held = '{}' THEN
        ids := ARRAY(SELECT d.delivery_id FROM delivery d
                      WHERE d.next_attempt_at <= now() AND (d.leased_until IS NULL OR d.leased_until < now())
                        AND d.state <> 'committing'
                      LIMIT wanted + 1);
        IF cardinality(ids) <= wanted THEN
            RETURN;
        END IF;
    END IF;
    WITH RECURSIVE
    ahead AS (
        (SELECT d.company, -d.priority AS rank FROM delivery d
          WHERE d.next_attempt_at IS NOT NULL AND d.company > after ORDER BY d.company, -d.priority LIMIT 1)
        UNION ALL
        SELECT n.* FROM ahead a CROSS JOIN LATERAL (
            SELECT d.company, -d.priority FROM delivery d
             WHERE d.next_attempt_at IS NOT NULL AND (d.company, -d.priority) > (a.company, a.rank)
             ORDER BY d.company, -d.priority LIMIT 1) n),
    around AS (
        (SELECT d.company, -d.priority AS rank FROM delivery d
          WHERE d.next_attempt_at IS NOT NULL AND d.company <= after ORDER BY d.company, -d.priority LIMIT 1)
        UNION ALL
        SELECT n.* FROM around a CROSS JOIN LATERAL (
            SELECT d.company, -d.priority FROM delivery d
             WHERE d.next_attempt_at IS NOT NULL AND d.company <= after
               AND (d.company, -d.priority) > (a.company, a.rank)
             ORDER BY d.company, -d.priority LIMIT 1) n),
    page AS MATERIALIZED (
        SELECT 0 AS lap, a.* FROM (SELECT * FROM ahead LIMIT groups_at_once) a
        UNION ALL
        SELECT 1, a.* FROM (SELECT * FROM around LIMIT groups_at_once) a
        LIMIT groups_at_once),
    share AS (SELECT ceil(wanted::numeric / greatest(1, count(DISTINCT p.company)))::bigint AS rows FROM page p),
    candidates AS (
        SELECT p.lap, p.company, c.delivery_id,
               row_number() OVER (PARTITION BY p.company ORDER BY p.rank, c.next_attempt_at, c.seq) AS turn
          FROM page p JOIN company co ON co.company = p.company AND NOT coalesce(co.mail_account, '') = ANY (held)
         CROSS JOIN LATERAL (
              SELECT d.delivery_id, d.next_attempt_at, d.seq FROM delivery d
               WHERE d.next_attempt_at IS NOT NULL AND d.company = p.company AND -d.priority = p.rank
                 AND d.next_attempt_at <= now() AND (d.leased_until IS NULL OR d.leased_until < now())
                 AND d.state <> 'committing'
               ORDER BY d.next_attempt_at, d.seq LIMIT (SELECT rows FROM share)) c),
    chosen AS (
        SELECT c.* FROM candidates c WHERE c.turn <= (SELECT rows FROM share)
         ORDER BY c.turn, c.lap, c.company LIMIT wanted)
    SELECT array_agg(c.delivery_id ORDER BY c.turn, c.lap, c.company),
           coalesce((array_agg(c.company ORDER BY c.turn DESC, c.lap DESC, c.company DESC))[1],
                    (SELECT p.company FROM page p ORDER BY p.lap DESC, p.company DESC LIMIT 1)),
           (SELECT count(*) FROM page)
      INTO ids, last_company, seen FROM chosen c;
    more := ids IS NULL AND seen = groups_at_once;
    ids := coalesce(ids, '{}');
END $$;

CREATE FUNCTION pay_private.due_words(account_id text, deadline timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT 'Until ' || to_char(due_words.deadline AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC Stripe wants: '
           || coalesce(string_agg(DISTINCT r.words, '; '), 'more information')
           || '. Without it payments or payouts stop.'
      FROM requirements r
     WHERE r.account_id = due_words.account_id AND r.status IN ('past_due', 'currently_due', 'future_due')
       AND coalesce(r.deadline <= due_words.deadline, true)
$$;

CREATE FUNCTION pay_private.enqueue_command(company text, kind text, request_key text, email text DEFAULT NULL::text, country text DEFAULT NULL::text, account_id text DEFAULT NULL::text, confirmation text DEFAULT NULL::text, arguments jsonb DEFAULT '{}'::jsonb) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
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

CREATE FUNCTION pay_private.erase_charge() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    stored record;
    known text;
    who text;
    asked text;
BEGIN
    IF NOT EXISTS (SELECT FROM erased) THEN
        RETURN NEW;
    END IF;
    SELECT c.payer_name, c.description, c.failure_message, c.request_id INTO stored
      FROM charge c WHERE c.account_id = NEW.account_id AND c.charge_id = NEW.charge_id;
    known := (SELECT e.pseudonym FROM erased e WHERE e.pseudonym = stored.payer_name);
    who := coalesce(known, erased_as(NEW.payer_email), erased_as(NEW.receipt_email));
    IF known IS NOT NULL THEN
        -- The names that were in it are not known any more.
        NEW.description := CASE WHEN NEW.description IS NOT NULL THEN stored.description END;
        NEW.failure_message := CASE WHEN NEW.failure_message IS NOT NULL
                                    THEN coalesce(stored.failure_message, blot(scrub(NEW.failure_message), ARRAY[NEW.payer_name], who)) END;
    ELSE
        NEW.description := scrub(NEW.description);
        NEW.failure_message := scrub(NEW.failure_message);
        IF who IS NOT NULL THEN
            NEW.description := blot(NEW.description, ARRAY[NEW.payer_name], who);
            NEW.failure_message := blot(NEW.failure_message, ARRAY[NEW.payer_name], who);
        END IF;
        SELECT r.description INTO asked FROM payment_request r
         WHERE r.request_id = coalesce(NEW.request_id, stored.request_id) AND r.to_email LIKE 'erased-%@invalid';
        IF FOUND AND NEW.description IS NOT NULL THEN
            NEW.description := asked;
        END IF;
    END IF;
    IF who IS NOT NULL THEN
        NEW.payer_name := who;
        NEW.payer_email := CASE WHEN NEW.payer_email IS NOT NULL THEN who END;
        NEW.receipt_email := CASE WHEN NEW.receipt_email IS NOT NULL THEN who END;
        NEW.receipt_url := NULL;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION pay_private.erase_delivery() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    who text;
BEGIN
    IF NOT EXISTS (SELECT FROM erased) THEN
        RETURN NEW;
    END IF;
    who := erased_as(NEW.recipient);
    IF who IS NOT NULL THEN
        NEW.smtp_reply := scrub(NEW.smtp_reply);
        NEW.reason_text := scrub(NEW.reason_text);
        IF NEW.state IN ('queued', 'ready', 'sending', 'deferred')
           AND (NEW.recipient LIKE 'erased-%@invalid' OR EXISTS (SELECT FROM suppression s WHERE lower(s.email) = who)) THEN
            NEW.state := 'suppressed';
            NEW.reason_code := 'suppressed';
            NEW.reason_text := 'The recipient''s address is on the suppression list.';
        END IF;
    ELSIF NEW.state IN ('ready', 'deferred') AND NEW.message = convert_to('This mail was erased.', 'UTF8') THEN
        -- It did not go out after all: it is written anew.
        NEW.state := 'queued';
        NEW.frozen_at := NULL;
        NEW.message := NULL;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION pay_private.erase_ledger_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    told text;
BEGIN
    IF NOT EXISTS (SELECT FROM erased) THEN
        RETURN NEW;
    END IF;
    SELECT c.description INTO told
      FROM charge c LEFT JOIN payment_request r ON r.request_id = c.request_id
     WHERE c.account_id = NEW.account_id
       AND c.charge_id = coalesce(
           (SELECT f.charge_id FROM refund f WHERE f.account_id = NEW.account_id AND f.refund_id = NEW.source_id),
           (SELECT d.charge_id FROM dispute d WHERE d.account_id = NEW.account_id AND d.dispute_id = NEW.source_id),
           NEW.source_id)
       AND (c.payer_name LIKE 'erased-%@invalid' OR r.to_email LIKE 'erased-%@invalid');
    NEW.description := CASE WHEN FOUND THEN told ELSE scrub(NEW.description) END;
    RETURN NEW;
END $$;

CREATE FUNCTION pay_private.erase_quarantine() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM erased) THEN
        IF scrub(NEW.raw) <> NEW.raw THEN
            -- It is read again by its id; what is in it besides the address is not known.
            NEW.raw := json_build_object('id', NEW.object_id, 'erased', true);
        END IF;
        NEW.error := scrub(NEW.error);
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION pay_private.erase_subject(email text) RETURNS TABLE(what text, rows bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $_$
#variable_conflict use_column
DECLARE
    address CONSTANT text := lower(as_email(erase_subject.email));
    who text;
    forms text[];
    names text[];
    words text[];
    theirs uuid[];   -- requests to the address
    touched uuid[];  -- and those with it in a copy or as the address for answers
    payments text[];
    erased_before boolean;
    suppressed boolean;
    done jsonb := '{}';
    left_over bigint;
    id uuid;
    place record;
    n bigint;
    total bigint := 0;
BEGIN
    IF address IS NULL OR address LIKE 'erased-%@invalid' THEN
        RAISE EXCEPTION 'this is no e-mail address' USING ERRCODE = 'PY400', CONSTRAINT = 'email_one_address';
    END IF;
    -- One at a time; the others wait here and not amid the rows.
    LOCK TABLE erased IN SHARE ROW EXCLUSIVE MODE;
    who := pseudonym(address);
    forms := word_forms(ARRAY[address]);
    erased_before := EXISTS (SELECT FROM erased e WHERE e.pseudonym = who);
    IF NOT erased_before THEN
        INSERT INTO erased (pseudonym) VALUES (who);
    END IF;

    theirs := ARRAY(SELECT r.request_id FROM payment_request r WHERE lower(r.to_email) = address);
    touched := theirs || ARRAY(SELECT r.request_id FROM payment_request r
                                WHERE lower(r.to_email) <> address
                                  AND (lower(r.reply_to) = address OR address = ANY (lower(r.cc::text)::text[])));
    -- Requests before their mails, as everybody locks them.
    PERFORM FROM payment_request r WHERE r.request_id = ANY (touched) ORDER BY r.request_id FOR NO KEY UPDATE;
    payments := ARRAY(SELECT c.charge_id FROM charge c
                       WHERE lower(c.payer_email) = address OR lower(c.receipt_email) = address
                          OR (c.request_id = ANY (theirs) AND c.payer_email IS NULL AND c.receipt_email IS NULL));
    names := ARRAY(SELECT DISTINCT btrim(k.name)
                     FROM (SELECT r.to_name::text FROM payment_request r WHERE r.request_id = ANY (theirs)
                           UNION ALL
                           SELECT c.payer_name FROM charge c WHERE c.charge_id = ANY (payments)) k (name)
                    WHERE length(btrim(k.name)) > 2 AND k.name NOT LIKE 'erased-%@invalid');
    -- Somebody who paid by another address under the same name.
    payments := payments || ARRAY(SELECT c.charge_id FROM charge c
                                   WHERE c.request_id = ANY (theirs) AND c.charge_id <> ALL (payments)
                                     AND lower(btrim(c.payer_name)) = ANY (SELECT lower(k) FROM unnest(names) k));
    words := names || address;

    -- Nothing goes out any more. What was not sent is cancelled, which retires its link.
    done := done || jsonb_build_object('mails stopped', (
        SELECT count(*) FROM delivery d
         WHERE lower(d.recipient) = address AND d.state IN ('queued', 'ready', 'sending', 'deferred')));
    n := 0;
    FOR id IN
        SELECT r.request_id FROM payment_request r
         WHERE r.request_id = ANY (theirs) AND r.state = 'open'
           AND NOT EXISTS (SELECT FROM delivery d WHERE d.request_id = r.request_id AND d.kind = 'request'
                              AND d.recipient = r.to_email AND d.state IN ('sent', 'committing', 'in_doubt', 'bounced'))
         ORDER BY r.request_id
    LOOP
        PERFORM cancel_payment_request(id);
        n := n + 1;
    END LOOP;
    done := done || jsonb_build_object('payment requests cancelled', n);
    UPDATE command c SET state = 'cancelled', finished_at = now() WHERE lower(c.email) = address AND c.state = 'queued';
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('commands cancelled', n);
    UPDATE delivery d SET state = 'cancelled', reason_code = NULL, reason_text = NULL
     WHERE lower(d.recipient) = address AND d.state IN ('queued', 'ready', 'sending', 'deferred');

    -- Letters: of the person, and those to others about what the person was asked for, paid, or got a copy of.
    WITH about AS (
        SELECT d.delivery_id, lower(d.recipient) = address AS own,
               -- Two spellings of the address in one request stay two recipients.
               dense_rank() OVER (PARTITION BY d.request_id, lower(d.recipient) ORDER BY d.recipient) AS spelling
          FROM delivery d
         WHERE d.request_id = ANY (touched) OR d.charge_id = ANY (payments) OR lower(d.recipient) = address)
    UPDATE delivery d
       SET recipient = CASE WHEN NOT a.own THEN d.recipient WHEN a.spelling = 1 THEN who
                            ELSE replace(who, '@', '+' || a.spelling || '@') END,
           state = CASE WHEN d.state IN ('ready', 'sending', 'deferred') THEN 'queued' ELSE d.state END,
           frozen_at = CASE WHEN d.state IN ('ready', 'sending', 'deferred') THEN NULL ELSE d.frozen_at END,
           message = CASE WHEN d.message IS NOT NULL AND d.state NOT IN ('queued', 'ready', 'sending', 'deferred')
                          THEN convert_to('This mail was erased.', 'UTF8') END,
           lease_token = CASE WHEN d.state NOT IN ('ready', 'sending') THEN d.lease_token END,
           leased_until = CASE WHEN d.state NOT IN ('ready', 'sending') THEN d.leased_until END,
           leased_by = CASE WHEN d.state NOT IN ('ready', 'sending') THEN d.leased_by END,
           smtp_reply = blot(d.smtp_reply, words, who), reason_text = blot(d.reason_text, words, who)
      FROM about a
     WHERE d.delivery_id = a.delivery_id
       AND (a.own OR d.message <> convert_to('This mail was erased.', 'UTF8')
            OR blot(concat_ws(' ', d.smtp_reply, d.reason_text), words, who) <> concat_ws(' ', d.smtp_reply, d.reason_text));
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.delivery', n);

    UPDATE bounce b
       SET recipient = CASE WHEN lower(b.recipient) = address THEN who ELSE blot(b.recipient, words, who) END,
           diagnostic = blot(b.diagnostic, words, who), source = blot(b.source, words, who)
      FROM delivery d
     WHERE d.delivery_id = b.delivery_id AND (d.recipient LIKE replace(who, '@invalid', '%') OR d.request_id = ANY (touched))
       AND blot(concat_ws(' ', b.recipient, b.diagnostic, b.source), words, who) <> concat_ws(' ', b.recipient, b.diagnostic, b.source);
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.bounce', n);
    UPDATE delivery_attempt t SET smtp_reply = blot(t.smtp_reply, words, who)
      FROM delivery d
     WHERE d.delivery_id = t.delivery_id AND (d.recipient LIKE replace(who, '@invalid', '%') OR d.request_id = ANY (touched))
       AND blot(t.smtp_reply, words, who) <> t.smtp_reply;
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.delivery_attempt', n);

    -- Requests before charges, which take their words from them.
    UPDATE payment_request r
       SET to_email = who, to_name = NULL, message = NULL,
           description = left(blot(r.description, words, who), 200),
           request_key = left(blot(r.request_key, words, who), 200), reason_text = blot(r.reason_text, words, who),
           metadata = (SELECT coalesce(jsonb_object_agg(m.key, CASE WHEN jsonb_typeof(m.value) = 'string'
                                            THEN to_jsonb(left(blot(m.value #>> '{}', words, who), 500)) ELSE m.value END), '{}')
                         FROM jsonb_each(r.metadata) m WHERE blot(m.key, words, who) = m.key)
     WHERE r.request_id = ANY (theirs);
    UPDATE payment_request r
       SET reply_to = CASE WHEN lower(r.reply_to) <> address THEN r.reply_to END,
           cc = ARRAY(SELECT k.one FROM unnest(r.cc) WITH ORDINALITY k (one, place) WHERE lower(k.one) <> address ORDER BY k.place)
     WHERE lower(r.reply_to) = address OR address = ANY (lower(r.cc::text)::text[]);
    done := done || jsonb_build_object('pay.payment_request', cardinality(touched));

    UPDATE charge c
       SET payer_name = who, payer_email = CASE WHEN c.payer_email IS NOT NULL THEN who END,
           receipt_email = CASE WHEN c.receipt_email IS NOT NULL THEN who END, receipt_url = NULL,
           description = blot(c.description, words, who), failure_message = blot(c.failure_message, words, who)
     WHERE c.charge_id = ANY (payments);
    GET DIAGNOSTICS total = ROW_COUNT;
    -- Others who paid for the person: their own data stay, the words about the person do not.
    UPDATE charge c SET description = blot(c.description, words, who)
     WHERE c.request_id = ANY (theirs) AND c.charge_id <> ALL (payments) AND blot(c.description, words, who) <> c.description;
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.charge', n + total);
    total := 0;
    UPDATE balance_transaction b SET description = blot(b.description, words, who)
      FROM charge c
     WHERE (c.charge_id = ANY (payments) OR c.request_id = ANY (theirs)) AND c.account_id = b.account_id
       AND (b.source_id = c.charge_id
            OR b.source_id IN (SELECT f.refund_id FROM refund f WHERE f.account_id = c.account_id AND f.charge_id = c.charge_id)
            OR b.source_id IN (SELECT u.dispute_id FROM dispute u WHERE u.account_id = c.account_id AND u.charge_id = c.charge_id))
       AND blot(b.description, words, who) <> b.description;
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.balance_transaction', n);

    -- A call that may have to be repeated keeps its words: Stripe would refuse others under the same key for a day.
    UPDATE stripe_call s SET body = blot(s.body, words, who), subject = blot(s.subject, words, who), path = blot(s.path, words, who)
     WHERE (s.finished_at IS NOT NULL OR s.created_at < now() - interval '25 hours')
       AND (blot(s.body, ARRAY[address], who) <> s.body OR s.subject = ANY (theirs::text[]) OR holds(s.body, theirs::text[]))
       AND blot(concat_ws(' ', s.body, s.subject, s.path), words, who) <> concat_ws(' ', s.body, s.subject, s.path);
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.stripe_call', n);
    UPDATE quarantine q SET raw = json_build_object('id', q.object_id, 'erased', true), error = blot(q.error, words, who)
     WHERE (blot(q.raw, ARRAY[address], who) <> q.raw OR holds(q.raw, payments))
       AND q.raw <> json_build_object('id', q.object_id, 'erased', true)::text;
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.quarantine', n);
    UPDATE discrepancy d SET evidence = blot(d.evidence::text, words, who)::jsonb, resolution = blot(d.resolution, words, who)
     WHERE (d.subject = ANY (theirs::text[] || payments)
            OR blot(concat_ws(' ', d.evidence, d.resolution), ARRAY[address], who) <> concat_ws(' ', d.evidence, d.resolution))
       AND blot(concat_ws(' ', d.evidence, d.resolution), words, who) <> concat_ws(' ', d.evidence, d.resolution);
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.discrepancy', n);
    UPDATE company c
       SET email = CASE WHEN lower(c.email) <> address THEN c.email END,
           admin_emails = ARRAY(SELECT k.one FROM unnest(c.admin_emails) WITH ORDINALITY k (one, place)
                                 WHERE lower(k.one) <> address ORDER BY k.place)
     WHERE lower(c.email) = address OR address = ANY (lower(c.admin_emails::text)::text[]);
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay.company', n);

    -- Wherever else the address stands, but in keys. Stage words and what this function keeps can hold none.
    FOR place IN
        SELECT c.oid::regclass AS name, n.nspname || '.' || c.relname AS told,
               string_agg(format('%1$I = %2$s', a.attname,
                   format(CASE
                          WHEN b.base = 'bytea'::regtype THEN 'decode(blot(encode(%1$I, ''escape''), $1, $2), ''escape'')'
                          WHEN b.base = 'jsonb'::regtype THEN 'blot(%1$I::text, $1, $2)::jsonb'
                          WHEN b.element <> 0 THEN
                              'CASE WHEN cardinality(%1$I) > 0 THEN (SELECT array_agg(blot(e::text, $1, $2) ORDER BY i)'
                              || ' FROM unnest(%1$I) WITH ORDINALITY u (e, i)) ELSE %1$I END'
                          WHEN a.atttypid IN ('header_text'::regtype, 'request_key'::regtype) THEN 'left(blot(%1$I, $1, $2), 200)'
                          ELSE 'blot(%1$I::text, $1, $2)' END, a.attname)), ', ' ORDER BY a.attnum) AS assignments,
               string_agg(format(CASE WHEN b.base = 'bytea'::regtype THEN 'encode(%1$I, ''escape'')' ELSE '%1$I::text' END,
                                 a.attname), ', ' ORDER BY a.attnum) AS texts
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
          JOIN pg_type t ON t.oid = a.atttypid
         CROSS JOIN LATERAL (SELECT CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END AS base,
                                    CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END AS element) b
         WHERE n.nspname IN ('pay', 'pay_private') AND c.relkind = 'r'
           AND c.relname NOT IN ('erased', 'erase_salt', 'schema_migration', 'stage_event', 'currency')
           AND NOT EXISTS (SELECT FROM pg_constraint k
                            WHERE k.conrelid = c.oid AND k.contype IN ('p', 'f') AND a.attnum = ANY (k.conkey))
           AND (b.base IN ('text'::regtype, 'jsonb'::regtype, 'bytea'::regtype)
                OR b.element IN ('text'::regtype, 'email'::regtype))
         GROUP BY c.oid, n.nspname, c.relname ORDER BY n.nspname, c.relname
    LOOP
        EXECUTE format('UPDATE %s SET %s WHERE holds(concat_ws(E''\n'', %s), $3)%s', place.name, place.assignments, place.texts,
                       CASE place.told
                           WHEN 'pay.command' THEN ' AND state <> ''running'''
                           WHEN 'pay_private.stripe_call' THEN
                               ' AND (finished_at IS NOT NULL OR created_at < now() - interval ''25 hours'')'
                           ELSE '' END
                       -- The same letters within a longer address are somebody else's.
                       || format(' AND blot(concat_ws(E''\n'', %1$s), $1, $2) <> concat_ws(E''\n'', %1$s)', place.texts))
          USING ARRAY[address], who, forms;
        GET DIAGNOSTICS n = ROW_COUNT;
        done := done || jsonb_build_object(place.told, coalesce((done ->> place.told)::bigint, 0) + n);
    END LOOP;

    SELECT sum(v.value::text::bigint) INTO total FROM jsonb_each(done) v;
    SELECT count(*) INTO left_over FROM delivery d
     WHERE d.recipient LIKE replace(who, '@invalid', '%') AND d.state IN ('committing', 'in_doubt');
    n := (SELECT count(*) FROM command c WHERE c.state = 'running'
            AND blot(concat_ws(' ', c.email, c.arguments), ARRAY[address], who) <> concat_ws(' ', c.email, c.arguments))
         + (SELECT count(*) FROM stripe_call s
            WHERE s.finished_at IS NULL
              AND blot(concat_ws(' ', s.body, s.subject, s.path), ARRAY[address], who) <> concat_ws(' ', s.body, s.subject, s.path));
    IF total > 0 AND NOT erased_before THEN
        INSERT INTO suppression (email, reason) VALUES (who, 'erased') ON CONFLICT DO NOTHING;
    ELSIF total = 0 AND n = 0 AND NOT erased_before THEN
        DELETE FROM erased e WHERE e.pseudonym = who;
    END IF;

    RETURN QUERY SELECT v.key, v.value::text::bigint FROM jsonb_each(done) v WHERE v.value::text <> '0' ORDER BY v.key COLLATE "C";
    IF total = 0 THEN
        RETURN QUERY SELECT CASE WHEN erased_before THEN 'nothing was left to erase: it was done before'
                                 ELSE 'nothing was found' END, 0::bigint;
    END IF;
    IF left_over > 0 THEN
        RETURN QUERY SELECT 'mails being sent or in doubt, left to end'::text, left_over;
    END IF;
    IF n > 0 THEN
        RETURN QUERY SELECT 'commands and calls to Stripe under way, left to end: erase again in a day'::text, n;
    END IF;
END $_$;

CREATE FUNCTION pay_private.erase_words() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM erased) THEN
        IF TG_TABLE_NAME = 'bounce' THEN
            NEW.recipient := scrub(NEW.recipient);
            NEW.diagnostic := scrub(NEW.diagnostic);
        ELSIF TG_TABLE_NAME = 'delivery_attempt' THEN
            NEW.smtp_reply := scrub(NEW.smtp_reply);
        ELSE
            NEW.email := coalesce(erased_as(NEW.email), NEW.email);
            NEW.reason := scrub(NEW.reason);
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION pay_private.erased_as(address text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT e.pseudonym FROM erased e
     WHERE e.pseudonym = CASE WHEN address LIKE 'erased-%@invalid' THEN regexp_replace(lower(address), '\+[0-9]+@', '@')
                              ELSE pseudonym(address) END
$$;

CREATE FUNCTION pay_private.error_bound(sampled bigint, differed bigint, confidence double precision DEFAULT 0.95) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    low double precision := 0;
    high double precision := 1;
    share double precision;
    term double precision;
    at_most double precision;
BEGIN
    IF sampled <= 0 OR differed >= sampled THEN
        RETURN 1;
    END IF;
    -- The largest share of wrong rows with which so few would still have been drawn (Clopper and Pearson).
    FOR step IN 1..60 LOOP
        share := (low + high) / 2;
        at_most := 0;
        term := sampled * ln(1 - share);
        FOR k IN 0..differed LOOP
            IF k > 0 THEN
                term := term + ln((sampled - k + 1)::double precision / k) + ln(share) - ln(1 - share);
            END IF;
            IF term > -700 THEN
                at_most := at_most + exp(term);
            END IF;
        END LOOP;
        IF at_most > 1 - confidence THEN
            low := share;
        ELSE
            high := share;
        END IF;
    END LOOP;
    RETURN high;
END $$;

CREATE FUNCTION pay_private.fail_request_of(delivery_id uuid, reason_code text, reason_text text) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    UPDATE payment_request r
       SET state = 'failed', reason_code = fail_request_of.reason_code, reason_text = fail_request_of.reason_text
      FROM delivery d
     WHERE d.delivery_id = fail_request_of.delivery_id AND r.request_id = d.request_id AND r.state = 'open'
       AND d.kind = 'request' AND d.recipient = r.to_email
       AND NOT EXISTS (SELECT FROM delivery n WHERE n.request_id = d.request_id AND n.kind = d.kind
                          AND n.recipient = d.recipient AND n.number > d.number);
$$;

CREATE FUNCTION pay_private.fail_suppressed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    PERFORM fail_request_of(NEW.delivery_id, NEW.reason_code, NEW.reason_text);
    RETURN NULL;
END $$;

CREATE FUNCTION pay_private.filter_value(filter jsonb, name text, type text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    given CONSTANT text := filter ->> name;
BEGIN
    EXECUTE format('SELECT %L::%s', given, type);
    RETURN given;
EXCEPTION WHEN data_exception THEN
    RAISE EXCEPTION 'filter.%: is no %', name, type USING ERRCODE = 'PY400', COLUMN = name;
END $$;

CREATE FUNCTION pay_private.forget_oauth_code() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM oauth_code c WHERE c.command_id = NEW.command_id;
    RETURN NULL;
END $$;

CREATE FUNCTION pay_private.fuse_lets_pass(changes integer, accounts integer, share numeric, at_least integer, reason text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    state fuse;
BEGIN
    IF fuse_lets_pass.changes < fuse_lets_pass.at_least
       OR fuse_lets_pass.changes <= fuse_lets_pass.accounts * fuse_lets_pass.share THEN
        RETURN true;
    END IF;
    SELECT f.* INTO state FROM fuse f FOR UPDATE;
    IF state.pass_once THEN
        UPDATE fuse SET pass_once = false;
        RETURN true;
    END IF;
    UPDATE fuse
       SET blown_at = coalesce(state.blown_at, now()), last_blown_at = now(), changes = fuse_lets_pass.changes,
           accounts = fuse_lets_pass.accounts, reason = fuse_lets_pass.reason;
    RETURN false;
END $$;

CREATE FUNCTION pay_private.holds(body text, forms text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT EXISTS (SELECT FROM unnest(forms) AS f (form) WHERE strpos(lower(body), lower(f.form)) > 0)
$$;

CREATE FUNCTION pay_private.is_judged(kind text, account_id text, subject text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT CASE is_judged.kind
        WHEN 'INV-05' THEN NOT EXISTS (
            SELECT FROM balance_transaction b JOIN stream s ON s.account_id = b.account_id
             WHERE b.account_id = is_judged.account_id AND b.balance_transaction_id = is_judged.subject AND b.gone_at IS NULL
               AND s.stream IN ('charges', 'refunds', 'payouts') AND s.last_completed_at <= b.read_at)
            AND NOT EXISTS (
            SELECT FROM balance_transaction b
              LEFT JOIN charge c ON c.account_id = b.account_id AND c.charge_id = b.source_id AND c.gone_at IS NULL
              LEFT JOIN refund r ON r.account_id = b.account_id AND r.refund_id = b.source_id AND r.gone_at IS NULL
             WHERE b.account_id = is_judged.account_id AND b.balance_transaction_id = is_judged.subject
               AND (c.next_check_at <= now() OR r.next_check_at <= now()))
            AND NOT EXISTS (
            SELECT FROM charge c JOIN stream s ON s.account_id = '' AND s.stream = 'application_fees'
             WHERE c.account_id = is_judged.account_id AND c.charge_id = is_judged.subject AND c.gone_at IS NULL
               AND s.last_completed_at <= c.read_at)
        WHEN 'INV-06' THEN NOT EXISTS (
            SELECT FROM charge c JOIN stream s ON s.account_id = c.account_id AND s.stream = 'refunds'
             WHERE c.account_id = is_judged.account_id AND c.charge_id = is_judged.subject AND c.gone_at IS NULL
               AND (s.last_completed_at <= c.read_at OR c.next_check_at <= now()))
        WHEN 'INV-08' THEN EXISTS (
            SELECT FROM balance_sum b WHERE b.account_id = is_judged.account_id AND b.currency = is_judged.subject)
        ELSE true END;
$$;

CREATE FUNCTION pay_private.keep_requirements() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    WITH wanted AS (
        SELECT DISTINCT ON (w.requirement) w.requirement, w.status,
               CASE w.status WHEN 'currently_due' THEN NEW.current_deadline
                             WHEN 'future_due' THEN NEW.future_deadline END AS deadline
          FROM (SELECT unnest(NEW.past_due) AS requirement, 'past_due' AS status, 1 AS urgency
                UNION ALL SELECT unnest(NEW.currently_due), 'currently_due', 2
                UNION ALL SELECT unnest(NEW.pending_verification), 'pending_verification', 3
                UNION ALL SELECT unnest(NEW.future_due), 'future_due', 4
                UNION ALL SELECT unnest(NEW.eventually_due), 'eventually_due', 5) w
         ORDER BY w.requirement, w.urgency),
    told AS (
        SELECT w.*, e.error ->> 'code' AS error_code, e.error ->> 'reason' AS error_reason
          FROM wanted w
          LEFT JOIN LATERAL (SELECT error FROM jsonb_array_elements(NEW.errors) error
                              WHERE error ->> 'requirement' = w.requirement LIMIT 1) e ON true),
    kept AS (
        INSERT INTO requirement AS r (account_id, requirement, status, deadline, error_code, error_reason,
                                      first_seen_at, last_seen_at)
        SELECT NEW.account_id, t.requirement, t.status, t.deadline, t.error_code, t.error_reason, now(), now()
          FROM told t
        ON CONFLICT (account_id, requirement) DO UPDATE
           SET status = EXCLUDED.status, deadline = EXCLUDED.deadline, error_code = EXCLUDED.error_code,
               error_reason = EXCLUDED.error_reason, last_seen_at = EXCLUDED.last_seen_at, met_at = NULL,
               -- Wanted again after it was met: a new demand.
               first_seen_at = CASE WHEN r.status = 'met' THEN EXCLUDED.first_seen_at ELSE r.first_seen_at END)
    UPDATE requirement r
       SET status = 'met', met_at = now(), error_code = NULL, error_reason = NULL
     WHERE r.account_id = NEW.account_id AND r.status <> 'met'
       AND NOT EXISTS (SELECT FROM wanted w WHERE w.requirement = r.requirement);
    RETURN NULL;
END $$;

CREATE FUNCTION pay_private.keep_stage_chain() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    last_seq bigint;
    last_stage text;
BEGIN
    SELECT e.seq, e.to_stage INTO last_seq, last_stage
      FROM stage_event e WHERE e.account_id = NEW.account_id ORDER BY e.seq DESC LIMIT 1;
    IF NEW.from_stage IS NULL AND EXISTS (
            SELECT FROM chain_start x
             WHERE x.chain = 'stage_event' AND x.account_id = NEW.account_id AND x.first = NEW.seq) THEN
        last_stage := NULL;
    END IF;
    IF NEW.seq <> coalesce(last_seq, 0) + 1 OR NEW.from_stage IS DISTINCT FROM last_stage
       OR NEW.to_stage = last_stage THEN
        RAISE EXCEPTION 'stage event % % -> % does not follow % at %', NEW.seq, NEW.from_stage, NEW.to_stage,
            last_seq, last_stage
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_event_unbroken', TABLE = 'stage_event',
                  SCHEMA = 'pay_private';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION pay_private.known_job(job text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM job j WHERE j.job = known_job.job) THEN
        RAISE EXCEPTION 'there is no job "%"', known_job.job USING ERRCODE = 'PY404',
            HINT = 'pay.jobs lists those that a daemon has registered.';
    END IF;
END $$;

CREATE FUNCTION pay_private.last_seen(i pay_private.integration) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    -- What a sweep left as it was has been seen by it, although no row says so.
    SELECT greatest(i.observed_at, i.hot_read_before,
                    CASE WHEN d.account_id IS NULL THEN s.proven_at ELSE d.listed_before END)
      FROM (SELECT max(w.proven_at) AS proven_at FROM sweep w WHERE w.proven_at > i.connected_at) s
      LEFT JOIN suspicion d ON d.account_id = i.account_id
$$;

CREATE FUNCTION pay_private.lock_request(request_id uuid) RETURNS pay.payment_request
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    found_row payment_request;
BEGIN
    SELECT r.* INTO found_row FROM payment_request r WHERE r.request_id = lock_request.request_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no payment request %', lock_request.request_id USING ERRCODE = 'PY404';
    END IF;
    RETURN found_row;
END $$;

CREATE FUNCTION pay_private.mail_texts(company text, kind text, locale text, OUT locale_of_text text, OUT subject text, OUT body_text text, OUT body_html text) RETURNS SETOF record
    LANGUAGE sql STABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT t.locale, t.subject, t.body_text, t.body_html
      FROM mail_template t
     WHERE t.company = mail_texts.company AND t.kind = mail_texts.kind
       AND (t.locale = '' OR starts_with(replace(lower(mail_texts.locale), '_', '-') || '-', lower(t.locale) || '-'))
     ORDER BY length(t.locale) DESC
     LIMIT 1
$$;

CREATE FUNCTION pay_private.mail_under_way(request pay.payment_request) RETURNS uuid
    LANGUAGE sql STABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT d.delivery_id FROM delivery d
     WHERE d.request_id = request.request_id AND d.kind = 'request' AND d.recipient = request.to_email
       AND d.state IN ('queued', 'ready', 'sending', 'committing', 'deferred')
     ORDER BY d.number DESC LIMIT 1;
$$;

CREATE FUNCTION pay_private.next_check(created timestamp with time zone, may_change_until timestamp with time zone, not_before timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT CASE WHEN may_change_until > now() THEN greatest(
               now() + least(interval '1 day', greatest(interval '1 minute', (now() - created) / 2)), not_before) END;
$$;

CREATE FUNCTION pay_private.not_open(request pay.payment_request, wanted text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION 'payment request % is % and cannot %', request.request_id, request.state, wanted
        USING ERRCODE = 'PY409';
END $$;

CREATE FUNCTION pay_private.note_settings(account_id text, shown jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    UPDATE setting s
       SET actual = note_settings.shown ->> s.name, actual_at = now()
      FROM integration i
     WHERE i.account_id = note_settings.account_id AND i.current AND s.company = i.company
       AND s.account_id = i.account_id AND stripe_keeps(s.name)
       AND s.actual IS DISTINCT FROM note_settings.shown ->> s.name;
$$;

CREATE FUNCTION pay_private.number_collect_payment_file() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    -- Two uploads of one name at once wait for each other instead of taking the same number.
    PERFORM pg_advisory_xact_lock(hashtextextended('collect_payment_file ' || NEW.company || '/' || NEW.name, 0));
    NEW.version := 1 + coalesce((SELECT max(f.version) FROM collect_payment_file f
                                  WHERE f.company = NEW.company AND f.name = NEW.name), 0);
    NEW.created_at := now();
    RETURN NEW;
END $$;

CREATE FUNCTION pay_private.pause_job(job text, reason text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    PERFORM known_job(pause_job.job);
    UPDATE job j SET paused_at = now(), paused_by = session_user, pause_reason = pause_job.reason
     WHERE j.job = pause_job.job AND j.paused_at IS NULL;
    IF FOUND THEN
        PERFORM pg_notify('pay_job', '');
    END IF;
    RETURN FOUND;
END $$;

CREATE FUNCTION pay_private.picture_size(picture bytea, OUT width integer, OUT height integer) RETURNS record
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    at integer := 2;
    marker integer;
BEGIN
    IF substr(picture, 1, 8) = '\x89504e470d0a1a0a' AND octet_length(picture) > 24 THEN
        width := get_byte(picture, 18) * 256 + get_byte(picture, 19);
        height := get_byte(picture, 22) * 256 + get_byte(picture, 23);
    ELSIF substr(picture, 1, 2) = '\xffd8' THEN
        -- The segments up to the frame header, which holds the size.
        WHILE at + 9 < octet_length(picture) AND get_byte(picture, at) = 255 LOOP
            marker := get_byte(picture, at + 1);
            IF marker BETWEEN 192 AND 207 AND marker NOT IN (196, 200, 204) THEN
                height := get_byte(picture, at + 5) * 256 + get_byte(picture, at + 6);
                width := get_byte(picture, at + 7) * 256 + get_byte(picture, at + 8);
                RETURN;
            END IF;
            at := at + 2 + get_byte(picture, at + 2) * 256 + get_byte(picture, at + 3);
        END LOOP;
    END IF;
END $$;

CREATE FUNCTION pay_private.pseudonym(address text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT 'erased-' || left(encode(sha256(s.salt || convert_to(lower(address), 'UTF8')), 'hex'), 24) || '@invalid'
      FROM erase_salt s
$$;

CREATE FUNCTION pay_private.queue_mail(request pay.payment_request, kind text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    new_id uuid;
BEGIN
    INSERT INTO delivery (request_id, company, kind, recipient, number, priority)
    SELECT request.request_id, request.company, queue_mail.kind, request.to_email,
           1 + coalesce(max(d.number), 0), request.priority
      FROM delivery d
     WHERE d.request_id = request.request_id AND d.kind = queue_mail.kind AND d.recipient = request.to_email
    RETURNING delivery_id INTO new_id;
    PERFORM pg_notify('pay_payment_request', '');
    RETURN new_id;
END $$;

CREATE FUNCTION pay_private.queue_payment_requests() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO delivery (request_id, company, kind, recipient, priority, next_attempt_at)
    SELECT a.request_id, a.company, 'request', a.to_email, a.priority, a.send_after FROM added a ORDER BY a.seq;
    RETURN NULL;
END $$;

CREATE FUNCTION pay_private.queue_reminders() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    -- At the hour at which the first mail went out, which suited its sender; what would be today or earlier is too late.
    INSERT INTO delivery (request_id, company, kind, recipient, number, priority, next_attempt_at)
    SELECT r.request_id, r.company, 'reminder', r.to_email, row_number() OVER (ORDER BY d.day), r.priority,
           (d.day + (NEW.accepted_at AT TIME ZONE 'UTC')::time) AT TIME ZONE 'UTC'
      FROM payment_request r
      CROSS JOIN LATERAL (SELECT DISTINCT r.due_on + offset_days AS day FROM unnest(r.reminders) AS offset_days) d
     WHERE r.request_id = NEW.request_id AND r.state = 'open' AND d.day > (NEW.accepted_at AT TIME ZONE 'UTC')::date
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION pay_private.read_again(account_id text, stream text, object_ids text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $_$
#variable_conflict use_column
DECLARE
    mirror text;
    id text;
BEGIN
    SELECT v.mirror, v.id INTO mirror, id
      FROM (VALUES ('charges', 'charge', 'charge_id'), ('refunds', 'refund', 'refund_id'),
                   ('disputes', 'dispute', 'dispute_id'), ('payouts', 'payout', 'payout_id'),
                   ('application_fees', 'application_fee', 'application_fee_id'),
                   ('balance_transactions', 'balance_transaction', 'balance_transaction_id')) AS v (stream, mirror, id)
     WHERE v.stream = read_again.stream;
    IF mirror IS NULL THEN
        RETURN;
    END IF;
    -- Without its hash the row is written whatever it says, and with it all that follows from it.
    EXECUTE format('UPDATE pay_private.%I SET row_hash = 0 WHERE account_id = $1 AND %I = ANY ($2)', mirror, id)
      USING account_id, object_ids;
    INSERT INTO reread AS r (account_id, stream, object_id, reason)
    SELECT read_again.account_id, read_again.stream, o, 'repair' FROM unnest(object_ids) o WHERE o IS NOT NULL
    ON CONFLICT (account_id, stream, object_id) DO UPDATE SET reason = 'repair';
    UPDATE stream s SET next_run_at = now()
     WHERE s.account_id = read_again.account_id AND s.stream = read_again.stream;
END $_$;

CREATE FUNCTION pay_private.record_stage(account_id text, to_stage text, detail text, blocker text, cause text, stripe_request_id text, observed_at timestamp with time zone DEFAULT now(), seen_before timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    last_seq bigint;
    last_stage text;
    changed boolean;
BEGIN
    PERFORM FROM integration i WHERE i.account_id = record_stage.account_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no integration with account %', record_stage.account_id USING ERRCODE = 'PY404';
    END IF;
    SELECT e.seq, e.to_stage INTO last_seq, last_stage
      FROM stage_event e WHERE e.account_id = record_stage.account_id ORDER BY e.seq DESC LIMIT 1;
    changed := last_stage IS DISTINCT FROM record_stage.to_stage;
    IF changed THEN
        INSERT INTO stage_event (account_id, seq, from_stage, to_stage, detail, cause, stripe_request_id, observed_at,
                                 seen_before)
        VALUES (record_stage.account_id, coalesce(last_seq, 0) + 1, last_stage, record_stage.to_stage,
                record_stage.detail, record_stage.cause, record_stage.stripe_request_id, record_stage.observed_at,
                CASE WHEN last_stage IS NOT NULL THEN record_stage.seen_before END);
    END IF;
    UPDATE integration i
       SET stage = record_stage.to_stage, stage_detail = record_stage.detail, blocker = record_stage.blocker,
           ever_completed = i.ever_completed OR record_stage.to_stage = 'completed',
           disconnected_at = CASE WHEN record_stage.to_stage = 'disconnected'
                                  THEN coalesce(i.disconnected_at, record_stage.observed_at) END
     WHERE i.account_id = record_stage.account_id
       AND (changed OR i.stage <> record_stage.to_stage
            OR (i.stage_detail, i.blocker) IS DISTINCT FROM (record_stage.detail, record_stage.blocker));
    RETURN changed;
END $$;

CREATE FUNCTION pay_private.record_violations(OUT broken integer, OUT repaired integer) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    CREATE TEMP TABLE seen ON COMMIT DROP AS SELECT DISTINCT ON (invariant, account_id, subject) * FROM violation;
    UPDATE discrepancy d
       SET state = 'repaired', resolved_at = now(), verified_at = now(), resolution = 'a later check found it in order'
     WHERE d.state = 'open' AND d.kind IN (SELECT i.invariant FROM invariant i)
       AND NOT EXISTS (SELECT FROM pg_temp.seen v
                        WHERE v.invariant = d.kind AND v.account_id = d.account_id AND v.subject = d.subject)
       AND is_judged(d.kind, d.account_id, d.subject);
    GET DIAGNOSTICS repaired = ROW_COUNT;
    -- The rules about discrepancies are for people to see; they would breed.
    INSERT INTO discrepancy (kind, account_id, subject, evidence)
    SELECT v.invariant, v.account_id, v.subject, v.evidence FROM pg_temp.seen v
     WHERE v.invariant NOT IN ('INV-23', 'INV-24')
       AND NOT EXISTS (SELECT FROM discrepancy a
                        WHERE a.kind = v.invariant AND a.account_id = v.account_id AND a.subject = v.subject
                          AND a.state = 'accepted' AND a.evidence = v.evidence)
    ON CONFLICT (kind, account_id, subject) WHERE state = 'open' DO UPDATE SET evidence = excluded.evidence
     WHERE discrepancy.evidence <> excluded.evidence;
    -- What was called repaired and never checked is open, for the next check to close, unless it was found again anyway.
    UPDATE discrepancy d
       SET state = 'explained', resolution = 'never checked; found again as discrepancy ' || o.discrepancy_id
      FROM discrepancy o
     WHERE d.state = 'repaired' AND (d.verified_at IS NULL OR d.verified_at < d.resolved_at)
       AND d.kind IN (SELECT i.invariant FROM invariant i)
       AND o.state = 'open' AND o.kind = d.kind AND o.account_id = d.account_id AND o.subject = d.subject;
    UPDATE discrepancy d SET state = 'open', resolved_at = NULL, verified_at = NULL, resolution = NULL
     WHERE d.discrepancy_id IN (SELECT max(u.discrepancy_id) FROM discrepancy u
                                 WHERE u.kind IN (SELECT i.invariant FROM invariant i)
                                   AND u.state = 'repaired' AND (u.verified_at IS NULL OR u.verified_at < u.resolved_at)
                                 GROUP BY u.kind, u.account_id, u.subject);
    UPDATE stream s SET balance_proven_at = p.moment
      FROM (SELECT b.account_id, min(b.taken_at) AS moment FROM balance_sum b GROUP BY b.account_id
            HAVING bool_and(b.balance = b.ledger)
               AND count(*) = (SELECT count(DISTINCT n.currency) FROM balance_snapshot n WHERE n.account_id = b.account_id)) p
     WHERE s.account_id = p.account_id AND s.stream = 'balance_transactions'
       AND s.balance_proven_at IS DISTINCT FROM p.moment;
    SELECT count(*) INTO broken FROM pg_temp.seen;
END $$;

CREATE FUNCTION pay_private.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'PY409', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
END $$;

CREATE FUNCTION pay_private.refuse_disabled(company text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION 'payments are not enabled for company "%"', company
        USING ERRCODE = 'PY403', HINT = 'Ask the platform''s support to enable payments for this company.';
END $$;

CREATE FUNCTION pay_private.repair(discrepancy_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    step text;
    d discrepancy;
BEGIN
    SELECT n.* INTO d FROM discrepancy n
     WHERE n.discrepancy_id = repair.discrepancy_id AND n.state = 'open' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no open discrepancy %', discrepancy_id USING ERRCODE = 'PY404';
    END IF;
    SELECT p.step INTO step FROM repair_plan p WHERE p.discrepancy_id = repair.discrepancy_id;
    IF step = 'person' THEN
        RETURN false;
    END IF;
    UPDATE discrepancy n SET repair_asked_at = now() WHERE n.discrepancy_id = repair.discrepancy_id;
    -- What was repaired and not checked yet is not repaired twice.
    IF d.kind IN (SELECT i.invariant FROM invariant i)
       AND NOT EXISTS (SELECT FROM violation v
                        WHERE v.invariant = d.kind AND v.account_id = d.account_id AND v.subject = d.subject) THEN
        RETURN true;
    END IF;
    CASE step
        WHEN 'walk' THEN PERFORM repair_by_walking(d);
        WHEN 'read', 'read anew' THEN PERFORM repair_by_reading(d);
        WHEN 'itemise' THEN PERFORM repair_payout(d);
        WHEN 'restage' THEN PERFORM restage(d.account_id, 'repair');
        WHEN 'log anew' THEN PERFORM repair_stage_log(d);
        WHEN 'switch off' THEN
            UPDATE payment_link l SET wanted_active = false, attempts = 0, next_attempt_at = now() WHERE l.link_id = d.subject;
        WHEN 'cut back' THEN PERFORM repair_coverage(d);
        WHEN 'settle' THEN PERFORM settle_abandoned(false);
        WHEN 'mail again' THEN
            -- The mail in doubt may be the one that makes it good.
            IF EXISTS (SELECT FROM delivery n
                        WHERE n.request_id = (d.evidence ->> 'request_id')::uuid AND n.state = 'in_doubt') THEN
                RETURN false;
            END IF;
            PERFORM pay.resend_payment_request((d.evidence ->> 'request_id')::uuid);
        WHEN 'correct' THEN PERFORM repair_run(d);
    END CASE;
    PERFORM pg_notify('pay_payment_due', '');
    RETURN true;
END $$;

CREATE TABLE pay_private.discrepancy (
    discrepancy_id bigint NOT NULL,
    kind text NOT NULL,
    account_id text NOT NULL,
    subject text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    detected_at timestamp with time zone DEFAULT now() NOT NULL,
    evidence jsonb NOT NULL,
    resolved_at timestamp with time zone,
    verified_at timestamp with time zone,
    resolution text,
    repair_asked_at timestamp with time zone,
    CONSTRAINT discrepancy_resolved_has_time CHECK (((state = 'open'::text) = (resolved_at IS NULL))),
    CONSTRAINT discrepancy_settled_has_words CHECK (((state <> ALL (ARRAY['explained'::text, 'accepted'::text])) OR (COALESCE(btrim(resolution), ''::text) <> ''::text))),
    CONSTRAINT discrepancy_state CHECK ((state = ANY (ARRAY['open'::text, 'explained'::text, 'repaired'::text, 'accepted'::text])))
);

CREATE FUNCTION pay_private.repair_by_reading(d pay_private.discrepancy) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    CASE
        WHEN d.kind = 'INV-04' THEN
            PERFORM read_again(d.account_id, 'charges', ARRAY[d.subject]);
            PERFORM read_again(d.account_id, 'balance_transactions', array_remove(ARRAY[d.evidence ->> 'ledger_row'], NULL));
        WHEN d.kind = 'INV-05' AND d.evidence ? 'application_fee_amount' THEN
            PERFORM read_again(d.account_id, 'charges', ARRAY[d.subject]);
            PERFORM read_again('', 'application_fees', ARRAY(
                SELECT f.application_fee_id FROM application_fee f
                 WHERE f.charged_account_id = d.account_id AND f.charge_id = d.subject));
            PERFORM walk_again('', 'application_fees', c.created - interval '1 day', c.created + interval '1 day')
               FROM charge c WHERE c.account_id = d.account_id AND c.charge_id = d.subject;
        WHEN d.kind = 'INV-05' THEN
            PERFORM read_again(d.account_id, 'balance_transactions', ARRAY[d.subject]);
            PERFORM read_again(d.account_id, stream_of(d.evidence ->> 'source_id'), ARRAY[d.evidence ->> 'source_id']);
        WHEN d.kind = 'INV-06' THEN
            PERFORM read_again(d.account_id, 'charges', ARRAY[d.subject]);
            PERFORM read_again(d.account_id, 'refunds', ARRAY(
                SELECT r.refund_id FROM refund r WHERE r.account_id = d.account_id AND r.charge_id = d.subject));
            PERFORM walk_again(d.account_id, 'refunds', c.created, now())
               FROM charge c WHERE c.account_id = d.account_id AND c.charge_id = d.subject;
        WHEN d.kind IN ('INV-09', 'INV-11') THEN
            -- Asked for again it is read again, and begins where it began.
            INSERT INTO chain_start (chain, account_id, subject, first, trusted, discrepancy_id)
            SELECT 'charge_history', d.account_id, d.subject, 1 + max(h.version),
                   max(h.version) FILTER (WHERE d.kind = 'INV-11' AND h.version < (d.evidence ->> 'version')::integer),
                   d.discrepancy_id
              FROM charge_history h WHERE h.account_id = d.account_id AND h.charge_id = d.subject
            HAVING max(h.version) IS NOT NULL
            ON CONFLICT DO NOTHING;
            PERFORM read_again(d.account_id, 'charges', ARRAY[d.subject]);
        WHEN d.kind = 'INV-15' THEN
            PERFORM read_again(c.account_id, 'charges', array_agg(c.charge_id))
               FROM charge c WHERE c.request_id = d.subject::uuid GROUP BY c.account_id;
        WHEN d.kind = 'INV-22' THEN
            PERFORM read_again(d.account_id, d.evidence ->> 'stream', ARRAY[d.subject]);
        ELSE
            PERFORM read_again(d.account_id, stream_of(d.subject), ARRAY[d.subject]);
    END CASE;
END $$;

CREATE FUNCTION pay_private.repair_by_walking(d pay_private.discrepancy) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    CASE d.kind
        WHEN 'INV-01' THEN
            PERFORM walk_again(d.account_id, d.subject, lower(r), upper(r))
               FROM hole h CROSS JOIN unnest(h.holes) r
              WHERE h.account_id = d.account_id AND h.stream = d.subject;
            UPDATE stream s SET next_run_at = now() WHERE s.account_id = d.account_id AND s.stream = d.subject;
        WHEN 'INV-02' THEN
            INSERT INTO stream (account_id, stream) VALUES (d.account_id, d.subject)
            ON CONFLICT (account_id, stream) DO UPDATE SET next_run_at = now(), watermark = NULL;
        WHEN 'INV-08' THEN
            UPDATE balance_transaction b SET row_hash = 0 WHERE b.account_id = d.account_id AND b.currency = d.subject;
            PERFORM walk_again(d.account_id, 'balance_transactions', i.account_created_at, now())
               FROM integration i WHERE i.account_id = d.account_id;
    END CASE;
END $$;

CREATE FUNCTION pay_private.repair_coverage(d pay_private.discrepancy) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $_$
#variable_conflict use_column
DECLARE
    ended CONSTANT timestamptz := (SELECT i.disconnected_at FROM integration i WHERE i.account_id = d.account_id);
BEGIN
    DELETE FROM pay_private.coverage c
     WHERE c.account_id = d.account_id AND c.stream = d.subject AND c.read_at > ended AND lower(c.span) >= ended;
    UPDATE pay_private.coverage c SET span = c.span * tstzrange(NULL, ended), read_at = ended
     WHERE c.account_id = d.account_id AND c.stream = d.subject AND c.read_at > ended;
    -- A stream has the name of its table, and an s.
    EXECUTE format('UPDATE pay_private.coverage c
                       SET rows = (SELECT count(*) FROM pay_private.%I m WHERE m.account_id = $1 AND m.created <@ c.span)
                     WHERE c.account_id = $1 AND c.stream = $2 AND c.read_at = $3', left(d.subject, -1))
      USING d.account_id, d.subject, ended;
END $_$;

CREATE FUNCTION pay_private.repair_payout(d pay_private.discrepancy) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    UPDATE balance_transaction b SET payout_id = NULL WHERE b.account_id = d.account_id AND b.payout_id = d.subject;
    UPDATE payout p SET itemised_at = NULL WHERE p.account_id = d.account_id AND p.payout_id = d.subject;
    SELECT read_again(d.account_id, 'payouts', ARRAY[d.subject]);
$$;

CREATE FUNCTION pay_private.repair_run(d pay_private.discrepancy) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    UPDATE run r
       SET state = CASE r.state WHEN 'running' THEN 'lost' ELSE 'partial' END,
           finished_at = coalesce(r.finished_at, r.alive_until),
           reason = coalesce(r.reason, CASE r.state WHEN 'running' THEN 'its daemon ended without a word'
                                                    ELSE r.failed || ' could not be done' END)
     WHERE r.run_id = d.subject::bigint
       AND (r.state = 'running' AND r.alive_until < now() OR r.state = 'ok' AND r.failed > 0);
$$;

CREATE FUNCTION pay_private.repair_stage_log(d pay_private.discrepancy) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    last_seq bigint;
BEGIN
    -- It takes the row's lock, and writes the end of the log where only that was missing.
    PERFORM restage(d.account_id, 'repair');
    IF NOT EXISTS (SELECT FROM violation v WHERE v.invariant = d.kind AND v.account_id = d.account_id) THEN
        RETURN;
    END IF;
    SELECT max(e.seq) INTO last_seq FROM stage_event e WHERE e.account_id = d.account_id;
    INSERT INTO chain_start (chain, account_id, subject, first, discrepancy_id)
    VALUES ('stage_event', d.account_id, d.account_id, last_seq + 1, d.discrepancy_id)
    ON CONFLICT DO NOTHING;
    INSERT INTO stage_event (account_id, seq, to_stage, detail, cause)
    SELECT i.account_id, last_seq + 1, i.stage, i.stage_detail, 'repair' FROM integration i WHERE i.account_id = d.account_id;
END $$;

CREATE FUNCTION pay_private.requeue_mail(id uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    dead record;
    asked_by payment_request;
    queued integer := 0;
BEGIN
    FOR dead IN
        SELECT d.delivery_id, d.request_id, d.kind, d.recipient FROM delivery d
         WHERE requeue_mail.id IN (d.request_id, d.delivery_id) AND d.state IN ('failed', 'bounced', 'suppressed')
           AND NOT EXISTS (SELECT FROM delivery n WHERE n.request_id = d.request_id AND n.kind = d.kind
                              AND n.recipient = d.recipient AND n.number > d.number)
         ORDER BY d.seq
    LOOP
        asked_by := lock_request(dead.request_id);
        IF dead.kind = 'request' AND dead.recipient = asked_by.to_email THEN
            CONTINUE WHEN asked_by.state NOT IN ('open', 'failed');
            PERFORM resend_payment_request(dead.request_id);
        ELSE
            -- Written anew: its link may be another one now.
            UPDATE delivery d
               SET state = 'queued', frozen_at = NULL, accepted_at = NULL, put_off = 0, next_attempt_at = now(),
                   reason_code = NULL, reason_text = NULL
             WHERE d.delivery_id = dead.delivery_id
               AND (asked_by.state = 'open' OR d.charge_id IS NOT NULL);
            CONTINUE WHEN NOT FOUND;
        END IF;
        queued := queued + 1;
    END LOOP;
    IF queued > 0 THEN
        PERFORM pg_notify('pay_payment_request', '');
    END IF;
    RETURN queued;
END $$;

CREATE FUNCTION pay_private.resolve_mail(id uuid, arrived boolean) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    resolved integer;
BEGIN
    UPDATE delivery d
       SET state = CASE WHEN resolve_mail.arrived THEN 'sent' ELSE 'deferred' END,
           accepted_at = CASE WHEN resolve_mail.arrived THEN now() END, next_attempt_at = now(),
           reason_code = NULL, reason_text = NULL
      FROM payment_request r
     WHERE r.request_id = d.request_id AND resolve_mail.id IN (d.request_id, d.delivery_id)
       AND d.state = 'in_doubt' AND (resolve_mail.arrived OR d.charge_id IS NOT NULL OR r.state = 'open');
    GET DIAGNOSTICS resolved = ROW_COUNT;
    RETURN resolved;
END $$;

CREATE FUNCTION pay_private.rest_delivery() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    NEW.next_attempt_at := NULL;
    NEW.lease_token := NULL;
    NEW.leased_until := NULL;
    NEW.leased_by := NULL;
    RETURN NEW;
END $$;

CREATE FUNCTION pay_private.restage(account_id text, cause text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    rule integration_rule;
BEGIN
    SELECT r.* INTO rule FROM integration_rule r WHERE r.account_id = restage.account_id;
    RETURN record_stage(restage.account_id, rule.rule_stage, rule.rule_detail, rule.rule_blocker, restage.cause, NULL);
END $$;

CREATE FUNCTION pay_private.resume_job(job text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    was_paused boolean;
BEGIN
    PERFORM known_job(resume_job.job);
    UPDATE job j SET paused_at = NULL, paused_by = NULL, pause_reason = NULL
     WHERE j.job = resume_job.job AND j.paused_at IS NOT NULL;
    was_paused := FOUND;
    IF was_paused THEN
        PERFORM pg_notify('pay_job', '');
    END IF;
    RETURN was_paused;
END $$;

CREATE FUNCTION pay_private.retire_links(request_id uuid, why text) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    UPDATE payment_link l SET wanted_active = false, deactivation_reason = retire_links.why
     WHERE l.request_id = retire_links.request_id AND l.wanted_active;
$$;

CREATE FUNCTION pay_private.returned_delivery(message_id text, request_id text, kind text, recipient text) RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $_$
#variable_conflict use_column
DECLARE
    found uuid[];
    exact uuid;
BEGIN
    SELECT array_agg(d.delivery_id ORDER BY d.number DESC),
           (array_agg(d.delivery_id ORDER BY d.number DESC) FILTER (WHERE lower(d.recipient) = lower(returned_delivery.recipient)))[1]
      INTO found, exact FROM delivery d
     WHERE d.message_id = btrim(returned_delivery.message_id, '<> ');
    IF found IS NULL AND returned_delivery.request_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        SELECT array_agg(d.delivery_id ORDER BY d.number DESC),
               (array_agg(d.delivery_id ORDER BY d.number DESC) FILTER (WHERE lower(d.recipient) = lower(returned_delivery.recipient)))[1]
          INTO found, exact FROM delivery d
         WHERE d.request_id = returned_delivery.request_id::uuid AND d.frozen_at IS NOT NULL
           AND d.kind = coalesce(nullif(returned_delivery.kind, ''), 'request');
    END IF;
    RETURN coalesce(exact, CASE WHEN cardinality(found) = 1 THEN found[1] END);
END $_$;

CREATE FUNCTION pay_private.run_job(job text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    id bigint;
BEGIN
    PERFORM known_job(run_job.job);
    -- Two who ask at once mean the same run.
    PERFORM FROM job j WHERE j.job = run_job.job FOR UPDATE;
    SELECT r.run_id INTO id FROM run r WHERE r.job = run_job.job AND r.state = 'queued';
    IF id IS NULL THEN
        INSERT INTO run (job, cause, state) VALUES (run_job.job, 'asked', 'queued') RETURNING run_id INTO id;
    END IF;
    PERFORM pg_notify('pay_job', '');
    RETURN id;
END $$;

CREATE FUNCTION pay_private.scrub(body text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    address text;
    stands_for text;
BEGIN
    FOR address IN
        SELECT DISTINCT rtrim(m[1], '.''') FROM regexp_matches(
            body, '((?:(?<=\\[nrtbf])|\m)[^][:space:][:cntrl:]<>,;:"()\[\\@=]{1,64}@[^][:space:][:cntrl:]<>,;:"()\[\\@=]+)', 'g') m
    LOOP
        stands_for := erased_as(address);
        IF stands_for IS NOT NULL THEN
            body := blot(body, ARRAY[address], stands_for);
        END IF;
    END LOOP;
    RETURN body;
END $$;

CREATE FUNCTION pay_private.settle_abandoned(resend boolean, OUT delivery_id uuid, OUT request_id uuid, OUT verdict text) RETURNS SETOF record
    LANGUAGE sql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    WITH abandoned AS (
        SELECT d.delivery_id, d.attempts,
               CASE WHEN r.state IN ('paid', 'overpaid', 'partially_paid') AND d.charge_id IS NULL THEN 'sent'
                    WHEN resend AND (r.state = 'open' OR d.charge_id IS NOT NULL) THEN 'deferred'
                    ELSE 'in_doubt' END AS verdict
          FROM delivery d JOIN payment_request r USING (request_id)
         WHERE d.lease_token IS NOT NULL AND d.state = 'committing' AND d.leased_until < now()
         FOR UPDATE OF d SKIP LOCKED),
    attempts AS (
        UPDATE delivery_attempt t SET finished_at = now(), outcome = 'in_doubt'
          FROM abandoned a
         WHERE t.delivery_id = a.delivery_id AND t.attempt = a.attempts AND t.finished_at IS NULL)
    UPDATE delivery d
       SET state = a.verdict, next_attempt_at = now(),
           accepted_at = CASE WHEN a.verdict = 'sent' THEN now() ELSE d.accepted_at END,
           leased_until = NULL, leased_by = NULL, lease_token = NULL,
           reason_code = CASE WHEN a.verdict <> 'sent' THEN 'in_doubt' END,
           reason_text = CASE WHEN a.verdict <> 'sent' THEN 'The daemon ended while the mail server was taking the message.' END
      FROM abandoned a WHERE d.delivery_id = a.delivery_id
    RETURNING d.delivery_id, d.request_id, a.verdict;
$$;

CREATE FUNCTION pay_private.stage_rule(details_submitted boolean, charges_enabled boolean, payouts_enabled boolean, currently_due boolean, past_due boolean, pending_verification boolean, errors boolean, due_soon boolean, disabled_reason text, access_revoked boolean, ever_completed boolean, flow_open boolean, OUT stage text, OUT detail text, OUT blocker text) RETURNS record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    WITH seen AS (
        SELECT coalesce(disabled_reason, '') AS reason,
               coalesce(disabled_reason, '') LIKE 'rejected.%' AS rejected,
               charges_enabled AND payouts_enabled AS enabled),
    staged AS (
        SELECT seen.*,
               CASE WHEN access_revoked THEN 'disconnected'
                    WHEN enabled AND NOT past_due AND (NOT currently_due OR ever_completed) THEN 'completed'
                    WHEN rejected THEN 'incomplete'
                    WHEN (currently_due OR past_due) AND NOT flow_open THEN 'incomplete'
                    ELSE 'pending' END AS stage,
               CASE WHEN access_revoked THEN 'disconnected'
                    WHEN rejected THEN 'rejected'
                    WHEN reason IN ('platform_paused', 'listed', 'other') THEN 'paused'
                    WHEN NOT details_submitted AND flow_open THEN 'onboarding'
                    WHEN NOT details_submitted THEN 'details_missing'
                    WHEN past_due OR errors
                         OR reason IN ('requirements.past_due', 'action_required.requested_capabilities')
                        THEN 'action_required'
                    WHEN NOT enabled AND (pending_verification
                                          OR reason IN ('under_review', 'requirements.pending_verification'))
                        THEN 'in_review'
                    WHEN NOT enabled THEN 'restricted'
                    WHEN currently_due OR due_soon THEN 'enabled_due_soon'
                    ELSE 'enabled' END AS detail
          FROM seen)
    SELECT staged.stage, staged.detail,
           CASE WHEN staged.detail IN ('rejected', 'in_review') THEN 'stripe'
                WHEN staged.detail = 'paused' AND reason = 'platform_paused' THEN 'platform'
                WHEN staged.detail = 'paused' THEN 'stripe'
                WHEN staged.detail = 'enabled' THEN 'none'
                WHEN staged.detail = 'restricted' AND NOT currently_due THEN 'stripe'
                ELSE 'merchant' END
      FROM staged
$$;

CREATE FUNCTION pay_private.start_command() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
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

CREATE FUNCTION pay_private.start_payment_request() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    NEW.requested_by := session_user;
    NEW.created_at := now();
    NEW.state := 'open';
    NEW.reason_code := NULL;
    NEW.reason_text := NULL;
    NEW.account_id := NULL;
    NEW.livemode := NULL;
    NEW.paid_at := NULL;
    NEW.amount_paid := 0;
    NEW.cancel_requested_at := NULL;
    NEW.link_wanted_at := NULL;
    RETURN NEW;
END $$;

CREATE FUNCTION pay_private.stream_of(object_id text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT CASE split_part(object_id, '_', 1)
               WHEN 'ch' THEN 'charges' WHEN 'py' THEN 'charges' WHEN 're' THEN 'refunds' WHEN 'pyr' THEN 'refunds'
               WHEN 'dp' THEN 'disputes' WHEN 'du' THEN 'disputes' WHEN 'po' THEN 'payouts'
               WHEN 'txn' THEN 'balance_transactions' END;
$$;

CREATE FUNCTION pay_private.stripe_keeps(name text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT name NOT IN ('payment_methods', 'application_fee_percent', 'application_fee_fixed')
$$;

CREATE FUNCTION pay_private.take_bounce(source text, message_id text, request_id text, kind text, recipient text, action text, status text, diagnostic text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    about constant uuid := returned_delivery(take_bounce.message_id, take_bounce.request_id, take_bounce.kind,
                                             take_bounce.recipient);
    mail delivery;
    asked_by payment_request;
BEGIN
    IF about IS NULL OR take_bounce.action NOT IN ('failed', 'delayed', 'delivered', 'relayed', 'expanded') THEN
        RETURN 'unknown';
    END IF;
    SELECT r.* INTO STRICT asked_by FROM payment_request r JOIN delivery d USING (request_id)
     WHERE d.delivery_id = about FOR NO KEY UPDATE OF r;
    SELECT d.* INTO STRICT mail FROM delivery d WHERE d.delivery_id = about FOR NO KEY UPDATE;
    INSERT INTO bounce (delivery_id, source, recipient, action, status, diagnostic)
    VALUES (about, take_bounce.source, nullif(take_bounce.recipient, ''), take_bounce.action,
            nullif(take_bounce.status, ''), nullif(left(take_bounce.diagnostic, 500), ''))
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'known';
    END IF;
    IF take_bounce.action = 'failed' THEN
        -- What is wrong with the address itself stays wrong; a full mailbox or a policy does not.
        IF take_bounce.status ~ '^5\.1\.' THEN
            INSERT INTO suppression (email, reason)
            VALUES (mail.recipient, 'a mail came back: ' || take_bounce.status) ON CONFLICT DO NOTHING;
        END IF;
        IF mail.state IN ('sent', 'committing', 'in_doubt') THEN
            UPDATE delivery d
               SET state = 'bounced', accepted_at = coalesce(d.accepted_at, now()), reason_code = 'mail_bounced',
                   reason_text = concat_ws(' ', nullif(take_bounce.status, ''),
                                           coalesce(nullif(left(take_bounce.diagnostic, 500), ''), 'The mail came back.'))
             WHERE d.delivery_id = about;
            RETURN 'bounced';
        END IF;
    ELSIF mail.state = 'in_doubt' THEN
        -- Somebody has it, so the server did take it.
        UPDATE delivery d SET state = 'sent', accepted_at = now(), reason_code = NULL, reason_text = NULL
         WHERE d.delivery_id = about;
        RETURN 'settled';
    END IF;
    RETURN 'noted';
END $$;

CREATE FUNCTION pay_private.template_html_problem(template text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $_$
    SELECT CASE
        WHEN template ~* '<\s*/?\s*(script|style|iframe|object|embed|form|input|meta|base|link)\M'
            THEN 'mail programs do not take <script>, <style>, <form> and the like'
        WHEN template ~* '<[^>]*\son[a-z]+\s*=' THEN 'mail programs do not take on…= attributes'
        WHEN regexp_replace(template, '\m(src|href|background)\s*=\s*["''](https://|mailto:|\{\{(URL|RECEIPT_URL)\}\}|cid:\{\{LOGO\}\})',
                            '', 'gi') ~* '<[^>]*\m(src|href|background)\s*='
            THEN 'an address starts with https:// or mailto:, or is {{URL}}, {{RECEIPT_URL}} or cid:{{LOGO}}@paysync.logo'
        -- A value may stand in text or in a quoted attribute; elsewhere it could end the tag.
        WHEN template ~ '<\s*/?\{\{|<[A-Za-z/]([^<>"'']|"[^"]*"|''[^'']*'')*\{\{' THEN 'within a tag, a value stands between quotes'
        WHEN template ~ '<[A-Za-z/]([^<>"'']|"[^"]*"|''[^'']*'')*$' THEN 'a tag is not closed by >'
    END
$_$;

CREATE FUNCTION pay_private.template_names(kind text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    SELECT ARRAY['COMPANY', 'CONTACT', 'DESCRIPTION', 'AMOUNT', 'RECIPIENT', 'DUE', 'OVERDUE', 'AHEAD', 'COLOR', 'LANG']
        || CASE WHEN template_names.kind IN ('request', 'reminder', 'layout') THEN ARRAY['MESSAGE', 'URL', 'FILE'] END
        || CASE WHEN template_names.kind IN ('receipt', 'notice', 'layout')
                THEN ARRAY['PAID', 'PAID_ON', 'METHOD', 'CHARGE', 'RECEIPT_URL', 'PAYER'] END
        || CASE WHEN template_names.kind = 'layout' THEN ARRAY['SUBJECT', 'LOGO', 'ASKS', 'CONFIRMS', 'BODY'] END
$$;

CREATE FUNCTION pay_private.template_tags_problem(names text[], template text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
DECLARE
    tag text;
    open text[] := '{}';
BEGIN
    IF regexp_replace(template, '\{\{[#/]?[A-Z_]+\}\}', '', 'g') ~ '\{\{|\}\}' THEN
        RETURN 'a tag is written {{NAME}}, {{#NAME}} or {{/NAME}}, in capitals and without blanks';
    END IF;
    FOR tag IN SELECT m[1] FROM regexp_matches(template, '\{\{([#/]?[A-Z_]+)\}\}', 'g') m LOOP
        IF ltrim(tag, '#/') <> ALL (names) THEN
            RETURN format('there is no {{%s}} in mails of this kind', ltrim(tag, '#/'));
        ELSIF left(tag, 1) = '#' THEN
            open := open || substr(tag, 2);
        ELSIF left(tag, 1) = '/' AND open[cardinality(open)] IS DISTINCT FROM substr(tag, 2) THEN
            RETURN format('{{%s}} closes nothing that is open there', tag);
        ELSIF left(tag, 1) = '/' THEN
            open := trim_array(open, 1);
        END IF;
    END LOOP;
    IF cardinality(open) > 0 THEN
        RETURN format('{{#%s}} is not closed', open[cardinality(open)]);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION pay_private.wake() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    PERFORM pg_notify(TG_ARGV[0], '');
    RETURN NULL;
END $$;

CREATE FUNCTION pay_private.wake_held_mails() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    UPDATE delivery d SET next_attempt_at = now()
     WHERE d.company = NEW.company AND d.next_attempt_at > now()
       AND d.reason_code IN ('company_not_ready', 'company_disconnected');
    PERFORM pg_notify('pay_payment_request', '');
    RETURN NULL;
END $$;

CREATE FUNCTION pay_private.wake_if_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM changed) THEN
        PERFORM pg_notify(TG_ARGV[0], '');
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION pay_private.walk_again(account_id text, stream text, since timestamp with time zone, until timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    now_end CONSTANT timestamptz := to_timestamp(253402300799);
BEGIN
    -- The head of the walk belongs to it, or its end would not say that all is read until then. Who is at it knows its slices
    -- by heart and would write them down over these; without the lease it cannot.
    UPDATE stream s
       SET lease_token = NULL, leased_until = NULL, leased_by = NULL, walk_from = date_trunc('second', least(s.walk_from, walk_again.since, s.watermark)),
           walk_started_at = NULL, next_run_at = now()
     WHERE s.account_id = walk_again.account_id AND s.stream = walk_again.stream;
    INSERT INTO slice AS p (account_id, stream, until, since)
    SELECT walk_again.account_id, walk_again.stream, p.until, min(p.since)
      FROM (SELECT CASE WHEN walk_again.until >= now() THEN now_end
                        ELSE date_trunc('second', walk_again.until) + interval '1 second' END AS until,
                   date_trunc('second', walk_again.since) AS since
             UNION ALL
            SELECT now_end, date_trunc('second', least(s.watermark, (
                       SELECT max(upper(c.span)) FROM pay_private.coverage c
                        WHERE c.account_id = s.account_id AND c.stream = s.stream), now()) - interval '15 minutes')
              FROM stream s
             WHERE s.account_id = walk_again.account_id AND s.stream = walk_again.stream) p
     GROUP BY p.until
    ON CONFLICT (account_id, stream, until) DO UPDATE SET since = least(p.since, excluded.since), cursor = NULL;
END $$;

CREATE FUNCTION pay_private.want_setting(company text, name text, desired jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $$
    INSERT INTO setting AS s (company, name, desired, state, settled_at)
    SELECT want_setting.company, want_setting.name, want_setting.desired,
           CASE WHEN stripe_keeps(want_setting.name) THEN 'pending' ELSE 'applied' END,
           CASE WHEN NOT stripe_keeps(want_setting.name) THEN now() END
     WHERE want_setting.desired IS NOT NULL
    ON CONFLICT (company, name) DO UPDATE
       SET desired = excluded.desired, version = s.version + 1, desired_at = now(), requested_by = session_user,
           state = excluded.state, settled_at = excluded.settled_at, refusal = NULL;
$$;

CREATE FUNCTION pay_private.word_forms(words text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pay', 'pay_private', 'pg_temp'
    AS $_$
    SELECT coalesce(array_agg(DISTINCT f.form), '{}')
      FROM unnest(words) AS w (word)
     CROSS JOIN LATERAL (
          SELECT string_agg(CASE WHEN c ~ '^[A-Za-z0-9._~-]$' THEN c
                                 ELSE upper(regexp_replace(encode(convert_to(c, 'UTF8'), 'hex'), '(..)', '%\1', 'g')) END,
                            '' ORDER BY n) AS percent,
                 -- Stripe's JSON, if it escapes; beyond U+FFFF as a pair.
                 string_agg(CASE WHEN ascii(c) < 128 THEN c
                                 WHEN ascii(c) < 65536 THEN '\u' || lpad(to_hex(ascii(c)), 4, '0')
                                 ELSE '\u' || to_hex(55296 + ((ascii(c) - 65536) >> 10))
                                      || '\u' || to_hex(56320 + ((ascii(c) - 65536) & 1023)) END, '' ORDER BY n) AS json
            FROM regexp_split_to_table(w.word, '') WITH ORDINALITY AS s (c, n)) e
     CROSS JOIN LATERAL unnest(ARRAY[w.word, e.percent, replace(e.percent, '%20', '+'), e.json,
                                     encode(convert_to(w.word, 'UTF8'), 'escape')]) AS f (form)
     WHERE w.word <> ''
$_$;

CREATE TABLE pay_private.setting (
    company text NOT NULL,
    name text NOT NULL,
    desired jsonb NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    desired_at timestamp with time zone DEFAULT now() NOT NULL,
    requested_by text DEFAULT SESSION_USER NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    account_id text,
    pushed text,
    refusal text,
    settled_at timestamp with time zone,
    actual text,
    actual_at timestamp with time zone,
    CONSTRAINT setting_name CHECK ((name = ANY (ARRAY['default_currency'::text, 'statement_descriptor'::text, 'payment_methods'::text, 'application_fee_percent'::text, 'application_fee_fixed'::text, 'primary_color'::text, 'secondary_color'::text, 'logo'::text, 'icon'::text]))),
    CONSTRAINT setting_refused_has_words CHECK (((state <> 'refused'::text) OR (refusal IS NOT NULL))),
    CONSTRAINT setting_state CHECK ((state = ANY (ARRAY['pending'::text, 'applied'::text, 'refused'::text])))
);

CREATE VIEW pay.settings AS
 SELECT s.company,
    s.name AS setting,
    s.desired,
    s.version,
    s.desired_at,
    s.requested_by,
        CASE
            WHEN (pay_private.stripe_keeps(s.name) AND ((i.account_id IS NULL) OR ((i.account_id)::text IS DISTINCT FROM s.account_id))) THEN 'pending'::text
            ELSE s.state
        END AS state,
    s.refusal,
    s.settled_at,
    s.actual,
    s.actual_at,
    COALESCE(((s.state = 'applied'::text) AND pay_private.stripe_keeps(s.name) AND ((i.account_id)::text = s.account_id) AND (s.actual IS DISTINCT FROM s.pushed)), false) AS drift
   FROM (pay_private.setting s
     LEFT JOIN pay_private.integration i ON (((i.company = s.company) AND i.current)));

CREATE TABLE pay_private.fuse (
    singleton boolean DEFAULT true NOT NULL,
    blown_at timestamp with time zone,
    last_blown_at timestamp with time zone,
    changes integer,
    accounts integer,
    reason text,
    cleared_at timestamp with time zone,
    cleared_by text,
    pass_once boolean DEFAULT false NOT NULL,
    CONSTRAINT fuse_one_row CHECK (singleton)
);

CREATE TABLE pay_private.suspicion (
    account_id text NOT NULL,
    cause text NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    agreeing_reads integer DEFAULT 0 NOT NULL,
    first_read_at timestamp with time zone,
    last_read_at timestamp with time zone,
    stripe_request_id text,
    listed_before timestamp with time zone,
    next_read_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE VIEW pay.alarms AS
 SELECT 'fuse'::text AS alarm,
    f.blown_at AS since,
    (f.reason || '; nothing of it was written. If it is true, clear the fuse: paysyncctl fuse clear'::text) AS words
   FROM pay_private.fuse f
  WHERE (f.blown_at IS NOT NULL)
UNION ALL
 SELECT 'suspicion'::text AS alarm,
    s.since,
    (((((((('account '::text || s.account_id) || ' of company '::text) || i.company) || ' may not be ours any more ('::text) || s.cause) || '); '::text) || s.agreeing_reads) || ' reads say so'::text) AS words
   FROM (pay_private.suspicion s
     JOIN pay_private.integration i USING (account_id))
UNION ALL
 SELECT 'drift'::text AS alarm,
    s.actual_at AS since,
    ((((('the '::text || s.setting) || ' of company '::text) || s.company) || ' is another one at Stripe than was applied; ask for it '::text) || 'again with pay.update_settings or pay.update_branding, or take over what Stripe shows'::text) AS words
   FROM pay.settings s
  WHERE s.drift;

CREATE TABLE pay_private.audited (
    audited_at timestamp with time zone DEFAULT now() NOT NULL,
    account_id text NOT NULL,
    stream text NOT NULL,
    object_id text NOT NULL,
    differed boolean NOT NULL,
    stripe_request_id text NOT NULL
);

CREATE VIEW pay.audit AS
 SELECT a.stream,
    count(*) AS drawn,
    count(*) FILTER (WHERE a.differed) AS differed,
    pay_private.error_bound(count(*), count(*) FILTER (WHERE a.differed)) AS at_most,
    max(a.audited_at) AS last_at
   FROM pay_private.audited a
  WHERE (a.audited_at > (now() - '30 days'::interval))
  GROUP BY a.stream;

CREATE TABLE pay_private.bounce (
    bounce_id bigint NOT NULL,
    delivery_id uuid NOT NULL,
    source text NOT NULL,
    reported_at timestamp with time zone DEFAULT now() NOT NULL,
    reported_by text DEFAULT SESSION_USER NOT NULL,
    recipient text,
    action text NOT NULL,
    status text,
    diagnostic text,
    CONSTRAINT bounce_action CHECK ((action = ANY (ARRAY['failed'::text, 'delayed'::text, 'delivered'::text, 'relayed'::text, 'expanded'::text]))),
    CONSTRAINT bounce_status CHECK ((status ~ '^[245]\.[0-9]{1,3}\.[0-9]{1,3}$'::text))
);

CREATE VIEW pay.bounces AS
 SELECT b.bounce_id,
    b.delivery_id,
    d.request_id,
    d.company,
    d.kind,
    d.recipient,
    d.message_id,
    b.action,
    b.status,
    b.diagnostic,
    b.reported_at
   FROM (pay_private.bounce b
     JOIN pay_private.delivery d USING (delivery_id));

CREATE TABLE pay.branding (
    company text NOT NULL,
    kind text NOT NULL,
    version integer NOT NULL,
    display_name pay.header_text,
    primary_color text,
    secondary_color text,
    logo bytea,
    logo_media_type text,
    icon bytea,
    icon_media_type text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT branding_icon_size CHECK (((octet_length(icon) >= 1) AND (octet_length(icon) <= 524288))),
    CONSTRAINT branding_icon_type CHECK ((icon_media_type = ANY (ARRAY['image/png'::text, 'image/jpeg'::text]))),
    CONSTRAINT branding_icon_with_type CHECK (((icon IS NULL) = (icon_media_type IS NULL))),
    CONSTRAINT branding_kind CHECK ((kind = ANY (ARRAY['onboard'::text, 'checkout'::text]))),
    CONSTRAINT branding_logo_size CHECK (((octet_length(logo) >= 1) AND (octet_length(logo) <= 524288))),
    CONSTRAINT branding_logo_type CHECK ((logo_media_type = ANY (ARRAY['image/png'::text, 'image/jpeg'::text]))),
    CONSTRAINT branding_logo_with_type CHECK (((logo IS NULL) = (logo_media_type IS NULL))),
    CONSTRAINT branding_primary_color_hex CHECK ((primary_color ~ '^#[0-9a-f]{6}$'::text)),
    CONSTRAINT branding_secondary_color_hex CHECK ((secondary_color ~ '^#[0-9a-f]{6}$'::text)),
    CONSTRAINT branding_version_positive CHECK ((version > 0))
);

CREATE TABLE pay.collect_payment_file (
    file_id uuid DEFAULT gen_random_uuid() NOT NULL,
    company text NOT NULL,
    name pay.header_text NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL,
    size integer GENERATED ALWAYS AS (octet_length(content)) STORED NOT NULL,
    sha256 bytea GENERATED ALWAYS AS (sha256(content)) STORED NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT collect_payment_file_media_type CHECK ((media_type = ANY (ARRAY['application/pdf'::text, 'image/png'::text, 'image/jpeg'::text, 'text/plain'::text, 'text/csv'::text, 'application/msword'::text, 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'::text, 'application/vnd.ms-excel'::text, 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'::text, 'application/vnd.oasis.opendocument.text'::text, 'application/vnd.oasis.opendocument.spreadsheet'::text]))),
    CONSTRAINT collect_payment_file_name_plain CHECK (((btrim((name)::text) <> ALL (ARRAY[''::text, '.'::text, '..'::text])) AND ((name)::text !~ '[/\\]'::text))),
    CONSTRAINT collect_payment_file_size CHECK (((octet_length(content) >= 1) AND (octet_length(content) <= 10485760)))
);
ALTER TABLE ONLY pay.collect_payment_file ALTER COLUMN content SET STORAGE EXTERNAL;

ALTER TABLE pay.command ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pay.command_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE pay.company (
    company text NOT NULL,
    name pay.header_text NOT NULL,
    email pay.email,
    locale pay.locale DEFAULT 'en'::text NOT NULL,
    country pay.country,
    default_currency pay.currency,
    enabled boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    admin_emails pay.email[] DEFAULT '{}'::pay.email[] NOT NULL,
    mail_account text,
    CONSTRAINT company_admin_emails_count CHECK (((cardinality(admin_emails) <= 20) AND (array_position(admin_emails, (NULL::text)::pay.email) IS NULL))),
    CONSTRAINT company_id_text CHECK ((((length(company) >= 1) AND (length(company) <= 200)) AND (company !~ '[\u0001-\u001f\u007f-\u009f]'::text))),
    CONSTRAINT company_mail_account_name CHECK ((mail_account ~ '^[a-z0-9_-]{1,40}$'::text)),
    CONSTRAINT company_name_given CHECK ((btrim((name)::text) <> ''::text))
);

CREATE VIEW pay.coverage AS
SELECT
    NULL::text AS company,
    NULL::text AS account_id,
    NULL::text AS stream,
    NULL::timestamp with time zone AS complete_from,
    NULL::timestamp with time zone AS complete_to,
    NULL::interval AS late_by,
    NULL::bigint AS objects,
    NULL::text AS holes,
    NULL::timestamp with time zone AS last_completed_at,
    NULL::timestamp with time zone AS next_run_at,
    NULL::text AS last_error,
    NULL::bigint AS quarantined,
    NULL::bigint AS open_discrepancies,
    NULL::timestamp with time zone AS balance_proven_at;

CREATE TABLE pay_private.delivery_attempt (
    delivery_id uuid NOT NULL,
    attempt integer NOT NULL,
    lease_token bigint NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    committing_at timestamp with time zone,
    finished_at timestamp with time zone,
    outcome text,
    smtp_code integer,
    smtp_reply text,
    CONSTRAINT delivery_attempt_finished_has_outcome CHECK (((finished_at IS NULL) = (outcome IS NULL))),
    CONSTRAINT delivery_attempt_outcome CHECK ((outcome = ANY (ARRAY['accepted'::text, 'refused'::text, 'deferred'::text, 'throttled'::text, 'not_sent'::text, 'account_down'::text, 'in_doubt'::text, 'abandoned'::text]))),
    CONSTRAINT delivery_attempt_positive CHECK ((attempt > 0))
)
WITH (fillfactor='70');

CREATE VIEW pay.deliveries AS
 SELECT d.delivery_id,
    d.request_id,
    d.company,
    d.kind,
    d.recipient,
    d.message_id,
    octet_length(d.message) AS message_size,
    encode(d.message_sha256, 'hex'::text) AS message_sha256,
    d.link_id,
    d.brand_version,
    d.state,
    d.attempts,
    d.accepted_at,
    t.started_at AS last_attempt_at,
    t.outcome AS last_outcome,
    t.smtp_code,
    d.smtp_reply,
    d.created_at,
    d.number,
    d.charge_id,
    d.frozen_at,
    d.put_off,
    d.next_attempt_at,
    d.reason_code,
    d.reason_text
   FROM (pay_private.delivery d
     LEFT JOIN pay_private.delivery_attempt t ON (((t.delivery_id = d.delivery_id) AND (t.attempt = d.attempts))));

CREATE VIEW pay_private.invariant AS
 SELECT v.invariant,
    v.words
   FROM ( VALUES ('INV-01'::text,'Every stream is read without a hole, and in time.'::text), ('INV-02'::text,'Every readable account has every stream.'::text), ('INV-03'::text,'Every ledger row: net = amount - fee, and the parts of the fee add up.'::text), ('INV-04'::text,'A captured charge has its ledger row.'::text), ('INV-05'::text,'A ledger row of a charge, refund or payout has its object, and what the platform took of a charge is its fee.'::text), ('INV-06'::text,'The refunds of a charge add up to what it says was refunded, and to no more than was taken.'::text), ('INV-07'::text,'What is in an automatic payout adds up to its amount.'::text), ('INV-08'::text,'The whole ledger adds up to the balance.'::text), ('INV-09'::text,'History only goes forward, and each version names the answer that proved it.'::text), ('INV-10'::text,'A charge is as the newest version of its history.'::text), ('INV-11'::text,'A charge does not leave succeeded or failed.'::text), ('INV-12'::text,'The stage is a function of what was observed.'::text), ('INV-13'::text,'The log of stages is an unbroken chain that ends at the stage.'::text), ('INV-14'::text,'A disconnected account is quiet.'::text), ('INV-15'::text,'A request''s state is what its charges say, in its own currency and mode.'::text), ('INV-16'::text,'A finished request has no link that works.'::text), ('INV-17'::text,'A mail is accepted at most once.'::text), ('INV-18'::text,'Nothing stays in transmission longer than its lease.'::text), ('INV-19'::text,'No mail carried a link that was off.'::text), ('INV-20'::text,'Amounts keep to Stripe''s rules for their currency.'::text), ('INV-21'::text,'Test and live never meet in one account.'::text), ('INV-22'::text,'What could not be read, or was not done, is not called well: no object stays in quarantine for a day, and no run that failed or died is ok or running.'::text), ('INV-23'::text,'A repair is closed only by a later check, and a discrepancy only with words.'::text), ('INV-24'::text,'A payout or balance that does not add up is a discrepancy.'::text)) v(invariant, words);

CREATE VIEW pay.discrepancies AS
 SELECT d.discrepancy_id,
    i.company,
    d.account_id,
    d.kind,
    n.words AS rule,
    d.subject,
    d.state,
    d.detected_at,
    d.evidence,
    d.repair_asked_at,
    d.resolved_at,
    d.verified_at,
    d.resolution
   FROM ((pay_private.discrepancy d
     LEFT JOIN pay_private.integration i ON (((i.account_id)::text = d.account_id)))
     LEFT JOIN pay_private.invariant n ON ((n.invariant = d.kind)));

CREATE VIEW pay.disputes AS
 SELECT i.company,
    d.account_id,
    d.dispute_id,
    d.charge_id,
    d.payment_intent_id,
    c.request_id,
    d.livemode,
    d.created AS created_at,
    d.amount,
    d.currency,
    ((d.amount)::numeric * u.unit) AS amount_decimal,
    d.status,
    d.reason,
    d.network_reason_code,
    d.charge_refundable,
    NULLIF(d.due_by, '1970-01-01 00:00:00+00'::timestamp with time zone) AS due_by,
    e.fee,
    e.net,
    e.currency AS settlement_currency,
    ((e.fee)::numeric * s.unit) AS fee_decimal,
    ((e.net)::numeric * s.unit) AS net_decimal,
    d.read_at AS observed_at
   FROM (((((pay_private.dispute d
     LEFT JOIN pay_private.integration i ON (((i.account_id)::text = d.account_id)))
     LEFT JOIN pay_private.charge c ON (((c.account_id = d.account_id) AND (c.charge_id = d.charge_id))))
     LEFT JOIN pay_private.currency u ON (((u.code)::text = d.currency)))
     LEFT JOIN LATERAL ( SELECT (sum(b.fee))::bigint AS fee,
            (sum(b.net))::bigint AS net,
            min(b.currency) AS currency
           FROM pay_private.balance_transaction b
          WHERE ((b.account_id = d.account_id) AND (b.source_id = d.dispute_id) AND (b.gone_at IS NULL))
         HAVING (min(b.currency) = max(b.currency))) e ON (true))
     LEFT JOIN pay_private.currency s ON (((s.code)::text = e.currency)))
  WHERE (d.gone_at IS NULL);

CREATE VIEW pay.integrations AS
 SELECT co.company,
    co.name,
    co.enabled,
    i.account_id,
    i.livemode,
    i.origin,
    i.stage,
    i.stage_detail,
    i.blocker,
    i.details_submitted,
    i.charges_enabled,
    i.payouts_enabled,
    i.currently_due,
    i.past_due,
    i.eventually_due,
    i.pending_verification,
    i.errors,
    i.disabled_reason,
    i.current_deadline,
    i.country,
    i.default_currency,
    i.ever_completed,
    i.observed_at,
    i.next_check_at,
    i.connected_at,
    i.disconnected_at,
    (co.enabled AND ((i.stage IS NULL) OR (i.stage = 'disconnected'::text))) AS can_connect,
    (co.enabled AND COALESCE(((i.stage <> 'disconnected'::text) AND (COALESCE(i.disabled_reason, ''::text) !~~ 'rejected.%'::text)), false)) AS can_manage,
    (co.enabled AND COALESCE((i.stage = 'completed'::text), false)) AS can_disconnect,
    (co.enabled AND COALESCE((i.stage = 'disconnected'::text), false)) AS can_reconnect,
    i.future_due,
    i.future_deadline,
    COALESCE(((i.stage = 'completed'::text) AND (i.warned_for IS NOT NULL)), false) AS due_soon,
        CASE
            WHEN (i.stage = 'completed'::text) THEN i.warned_for
            ELSE NULL::timestamp with time zone
        END AS due_at,
        CASE
            WHEN ((i.stage = 'completed'::text) AND (i.warned_for IS NOT NULL)) THEN pay_private.due_words((i.account_id)::text, i.warned_for)
            ELSE NULL::text
        END AS due_words
   FROM (pay.company co
     LEFT JOIN LATERAL ( SELECT x.account_id,
            x.company,
            x.livemode,
            x.origin,
            x.current,
            x.stage,
            x.stage_detail,
            x.blocker,
            x.details_submitted,
            x.charges_enabled,
            x.payouts_enabled,
            x.currently_due,
            x.eventually_due,
            x.past_due,
            x.pending_verification,
            x.errors,
            x.disabled_reason,
            x.current_deadline,
            x.country,
            x.default_currency,
            x.ever_completed,
            x.flow_open_until,
            x.access,
            x.email_of_record,
            x.account_created_at,
            x.observed_at,
            x.observed_request_id,
            x.observation_hash,
            x.hot_until,
            x.next_check_at,
            x.connected_at,
            x.disconnected_at,
            x.lease_token,
            x.leased_until,
            x.leased_by,
            x.future_deadline,
            x.future_due,
            x.hot_reads,
            x.hot_read_at,
            x.hot_read_before,
            x.disconnected_by,
            x.warned_for,
            x.warned_at
           FROM pay_private.integration x
          WHERE (x.company = co.company)
          ORDER BY x.current DESC, x.connected_at DESC
         LIMIT 1) i ON (true));

CREATE TABLE pay_private.job (
    job text NOT NULL,
    schedule text NOT NULL,
    schedule_since timestamp with time zone DEFAULT now() NOT NULL,
    last_slot timestamp with time zone,
    last_pass_at timestamp with time zone,
    paused_at timestamp with time zone,
    paused_by text,
    pause_reason text
)
WITH (fillfactor='50');

CREATE TABLE pay_private.run (
    run_id bigint NOT NULL,
    job text NOT NULL,
    cause text NOT NULL,
    slot timestamp with time zone,
    state text NOT NULL,
    daemon text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    heartbeat_at timestamp with time zone,
    alive_until timestamp with time zone,
    finished_at timestamp with time zone,
    passes integer DEFAULT 1 NOT NULL,
    done integer DEFAULT 0 NOT NULL,
    failed integer DEFAULT 0 NOT NULL,
    reason text,
    CONSTRAINT run_cause CHECK ((cause = ANY (ARRAY['slot'::text, 'asked'::text, 'pass'::text]))),
    CONSTRAINT run_ended_has_time CHECK (((state = ANY (ARRAY['queued'::text, 'running'::text])) = (finished_at IS NULL))),
    CONSTRAINT run_running_is_alive CHECK (((state <> 'running'::text) OR (alive_until IS NOT NULL))),
    CONSTRAINT run_slot_has_time CHECK (((cause = 'slot'::text) = (slot IS NOT NULL))),
    CONSTRAINT run_state CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'ok'::text, 'partial'::text, 'error'::text, 'skipped'::text, 'lost'::text])))
);

CREATE VIEW pay.jobs AS
 SELECT j.job,
    j.schedule,
        CASE
            WHEN (EXISTS ( SELECT
               FROM pay_private.run r
              WHERE ((r.job = j.job) AND (r.state = 'running'::text) AND (r.alive_until >= now())))) THEN 'running'::text
            WHEN (j.paused_at IS NOT NULL) THEN 'paused'::text
            ELSE 'waiting'::text
        END AS state,
    j.paused_at,
    j.paused_by,
    j.pause_reason,
    j.last_slot,
    j.last_pass_at
   FROM pay_private.job j;

CREATE TABLE pay.mail_template (
    company text NOT NULL,
    kind text NOT NULL,
    locale text DEFAULT ''::text NOT NULL,
    subject text,
    body_text text,
    body_html text,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_by text DEFAULT SESSION_USER NOT NULL,
    CONSTRAINT mail_template_kind CHECK ((kind = ANY (ARRAY['request'::text, 'reminder'::text, 'receipt'::text, 'notice'::text, 'layout'::text]))),
    CONSTRAINT mail_template_layout CHECK (((kind <> 'layout'::text) OR (num_nonnulls(subject, body_text) = 0))),
    CONSTRAINT mail_template_locale CHECK (((locale = ''::text) OR (locale ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'::text))),
    CONSTRAINT mail_template_says_something CHECK ((num_nonnulls(subject, body_text, body_html) > 0))
);

CREATE TABLE pay_private.chain_start (
    chain text NOT NULL,
    account_id text NOT NULL,
    subject text NOT NULL,
    first bigint NOT NULL,
    trusted bigint,
    discrepancy_id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT chain_start_chain CHECK ((chain = ANY (ARRAY['charge_history'::text, 'stage_event'::text])))
);

CREATE TABLE pay_private.charge_history (
    account_id text NOT NULL,
    charge_id text NOT NULL,
    version integer NOT NULL,
    status text NOT NULL,
    amount_captured bigint NOT NULL,
    amount_refunded bigint NOT NULL,
    disputed boolean NOT NULL,
    balance_transaction_id text,
    request_id uuid,
    row_hash bigint NOT NULL,
    read_at timestamp with time zone NOT NULL,
    source text NOT NULL,
    stripe_request_id text
);

CREATE VIEW pay.payment_history AS
 SELECT i.company,
    h.account_id,
    h.charge_id,
    h.version,
    h.status,
    h.amount_captured,
    h.amount_refunded,
    c.currency,
    h.disputed,
    h.balance_transaction_id,
    h.request_id,
    h.read_at,
    h.source,
    h.stripe_request_id,
    (h.version >= COALESCE(( SELECT x.first
           FROM pay_private.chain_start x
          WHERE ((x.chain = 'charge_history'::text) AND (x.account_id = h.account_id) AND (x.subject = h.charge_id))
          ORDER BY x.discrepancy_id DESC
         LIMIT 1), (1)::bigint)) AS proves,
    c.gone_at
   FROM ((pay_private.charge_history h
     LEFT JOIN pay_private.integration i ON (((i.account_id)::text = h.account_id)))
     LEFT JOIN pay_private.charge c ON (((c.account_id = h.account_id) AND (c.charge_id = h.charge_id))));

ALTER TABLE pay.payment_request ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pay.payment_request_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW pay.payment_to_bank AS
 SELECT i.company,
    c.account_id,
    c.request_id,
    r.request_key,
    c.charge_id,
    c.created AS paid_at,
    c.amount,
    c.currency,
    b.balance_transaction_id,
    b.net,
    b.currency AS settlement_currency,
    b.payout_id,
    p.amount AS payout_amount,
    p.status AS payout_status,
    p.arrival_date,
    p.trace_id AS bank_trace_id,
        CASE
            WHEN ((c.status <> 'succeeded'::text) OR (NOT c.captured)) THEN 'not_paid'::text
            WHEN (b.balance_transaction_id IS NULL) THEN 'unsettled'::text
            WHEN ((b.payout_id IS NULL) AND (EXISTS ( SELECT
               FROM pay_private.payout m
              WHERE ((m.account_id = b.account_id) AND (m.currency = b.currency) AND (NOT m.automatic) AND (m.amount > 0) AND (m.status <> ALL (ARRAY['failed'::text, 'canceled'::text])) AND (m.gone_at IS NULL) AND (m.created >= b.created) AND ((m.created >= b.available_on) OR (m.method = 'instant'::text)))))) THEN 'unitemised'::text
            WHEN (b.payout_id IS NULL) THEN 'in_balance'::text
            WHEN (p.status = 'paid'::text) THEN 'at_bank'::text
            WHEN (p.status = ANY (ARRAY['failed'::text, 'canceled'::text])) THEN 'payout_failed'::text
            ELSE 'on_its_way'::text
        END AS whereabouts
   FROM ((((pay_private.charge c
     JOIN pay_private.integration i ON (((i.account_id)::text = c.account_id)))
     LEFT JOIN pay.payment_request r ON ((r.request_id = c.request_id)))
     LEFT JOIN pay_private.balance_transaction b ON (((b.account_id = c.account_id) AND (b.balance_transaction_id = c.balance_transaction_id))))
     LEFT JOIN pay_private.payout p ON (((p.account_id = b.account_id) AND (p.payout_id = b.payout_id))))
  WHERE (c.gone_at IS NULL);

CREATE VIEW pay.payment_totals AS
 SELECT t.company,
    t.account_id,
    t.livemode,
    t.day,
    t.currency,
    t.settlement_currency,
    t.payments,
    t.amount_captured,
    ((t.amount_captured)::numeric * u.unit) AS amount_captured_decimal,
    t.amount_refunded,
    ((t.amount_refunded)::numeric * u.unit) AS amount_refunded_decimal,
    t.amount_disputed,
    ((t.amount_disputed)::numeric * u.unit) AS amount_disputed_decimal,
    t.fee,
    ((t.fee)::numeric * s.unit) AS fee_decimal,
    t.net,
    ((t.net)::numeric * s.unit) AS net_decimal
   FROM ((( SELECT m.company,
            m.account_id,
            m.livemode,
            m.day,
            m.currency,
            m.settlement_currency,
            sum(m.payments) AS payments,
            (sum(m.captured))::bigint AS amount_captured,
            (sum(m.refunded))::bigint AS amount_refunded,
            (sum(m.disputed))::bigint AS amount_disputed,
            (sum(m.fee))::bigint AS fee,
            (sum(m.net))::bigint AS net
           FROM ( SELECT i.company,
                    c.account_id,
                    c.livemode,
                    ((c.created AT TIME ZONE 'UTC'::text))::date AS day,
                    c.currency,
                    b.currency AS settlement_currency,
                    1 AS payments,
                    c.amount_captured AS captured,
                    c.amount_refunded AS refunded,
                    (0)::bigint AS disputed,
                    b.fee,
                    b.net
                   FROM ((pay_private.charge c
                     LEFT JOIN pay_private.integration i ON (((i.account_id)::text = c.account_id)))
                     LEFT JOIN pay_private.balance_transaction b ON (((b.account_id = c.account_id) AND (b.balance_transaction_id = c.balance_transaction_id) AND (b.gone_at IS NULL))))
                  WHERE ((c.status = 'succeeded'::text) AND c.captured AND (c.gone_at IS NULL))
                UNION ALL
                 SELECT i.company,
                    c.account_id,
                    c.livemode,
                    ((c.created AT TIME ZONE 'UTC'::text))::date AS timezone,
                    d.currency,
                    b.currency,
                    0,
                    0,
                    0,
                    d.amount,
                        CASE
                            WHEN (b.currency IS NOT NULL) THEN 0
                            ELSE NULL::integer
                        END AS "case",
                        CASE
                            WHEN (b.currency IS NOT NULL) THEN 0
                            ELSE NULL::integer
                        END AS "case"
                   FROM (((pay_private.dispute d
                     JOIN pay_private.charge c ON (((c.account_id = d.account_id) AND (c.charge_id = d.charge_id))))
                     LEFT JOIN pay_private.integration i ON (((i.account_id)::text = c.account_id)))
                     LEFT JOIN pay_private.balance_transaction b ON (((b.account_id = c.account_id) AND (b.balance_transaction_id = c.balance_transaction_id) AND (b.gone_at IS NULL))))
                  WHERE ((c.status = 'succeeded'::text) AND c.captured AND (c.gone_at IS NULL) AND (d.gone_at IS NULL) AND (d.status <> ALL (ARRAY['won'::text, 'prevented'::text])) AND (d.status !~~ 'warning%'::text))) m
          GROUP BY m.company, m.account_id, m.livemode, m.day, m.currency, m.settlement_currency) t
     LEFT JOIN pay_private.currency u ON (((u.code)::text = t.currency)))
     LEFT JOIN pay_private.currency s ON (((s.code)::text = t.settlement_currency)));

CREATE VIEW pay.payouts AS
 SELECT i.company,
    p.account_id,
    p.payout_id,
    p.livemode,
    p.created AS created_at,
    p.arrival_date,
    p.amount,
    p.currency,
    ((p.amount)::numeric * u.unit) AS amount_decimal,
    p.status,
    p.automatic,
    p.method,
    p.type,
    p.destination_id,
    p.trace_id AS bank_trace_id,
    p.trace_id_status AS bank_trace_status,
    p.statement_descriptor,
    p.failure_code,
    p.failure_message,
    (p.itemised_at IS NOT NULL) AS itemised,
        CASE
            WHEN (p.itemised_at IS NOT NULL) THEN e.items
            ELSE NULL::bigint
        END AS items,
        CASE
            WHEN (p.itemised_at IS NOT NULL) THEN COALESCE(e.amount, (0)::bigint)
            ELSE NULL::bigint
        END AS items_amount,
        CASE
            WHEN (p.itemised_at IS NOT NULL) THEN COALESCE(e.fee, (0)::bigint)
            ELSE NULL::bigint
        END AS items_fee,
        CASE
            WHEN (p.itemised_at IS NOT NULL) THEN COALESCE(e.net, (0)::bigint)
            ELSE NULL::bigint
        END AS items_net,
    p.balance_transaction_id,
    p.failure_balance_transaction_id,
    p.read_at AS observed_at
   FROM (((pay_private.payout p
     LEFT JOIN pay_private.integration i ON (((i.account_id)::text = p.account_id)))
     LEFT JOIN pay_private.currency u ON (((u.code)::text = p.currency)))
     LEFT JOIN LATERAL ( SELECT count(*) AS items,
            (sum(b.amount))::bigint AS amount,
            (sum(b.fee))::bigint AS fee,
            (sum(b.net))::bigint AS net
           FROM pay_private.balance_transaction b
          WHERE ((b.account_id = p.account_id) AND (b.payout_id = p.payout_id) AND (b.type <> 'payout'::text) AND (b.currency = p.currency) AND (b.gone_at IS NULL) AND (p.itemised_at IS NOT NULL))) e ON (true))
  WHERE (p.gone_at IS NULL);

CREATE TABLE pay_private.application_fee (
    account_id text NOT NULL,
    application_fee_id text NOT NULL,
    created timestamp with time zone NOT NULL,
    charged_account_id text NOT NULL,
    charge_id text,
    amount bigint NOT NULL,
    amount_refunded bigint NOT NULL,
    currency text NOT NULL,
    balance_transaction_id text,
    row_hash bigint NOT NULL,
    read_at timestamp with time zone NOT NULL,
    stripe_request_id text,
    next_check_at timestamp with time zone,
    gone_at timestamp with time zone,
    gone_request_id text
)
WITH (fillfactor='90');

CREATE VIEW pay.platform_fees AS
 SELECT i.company,
    f.application_fee_id AS fee_id,
    f.charged_account_id AS account_id,
    f.charge_id,
    c.request_id,
    f.created AS created_at,
    f.amount,
    ((f.amount)::numeric * u.unit) AS amount_decimal,
    f.amount_refunded AS refunded,
    f.currency
   FROM (((pay_private.application_fee f
     LEFT JOIN pay_private.integration i ON (((i.account_id)::text = f.charged_account_id)))
     LEFT JOIN pay_private.charge c ON (((c.account_id = f.charged_account_id) AND (c.charge_id = f.charge_id))))
     LEFT JOIN pay_private.currency u ON (((u.code)::text = f.currency)))
  WHERE (f.gone_at IS NULL);

CREATE TABLE pay_private.refund (
    account_id text NOT NULL,
    refund_id text NOT NULL,
    created timestamp with time zone NOT NULL,
    charge_id text,
    payment_intent_id text,
    amount bigint NOT NULL,
    currency text NOT NULL,
    status text,
    reason text,
    failure_reason text,
    balance_transaction_id text,
    failure_balance_transaction_id text,
    row_hash bigint NOT NULL,
    read_at timestamp with time zone NOT NULL,
    stripe_request_id text,
    next_check_at timestamp with time zone,
    gone_at timestamp with time zone,
    gone_request_id text
)
WITH (fillfactor='90');

CREATE VIEW pay.refunds AS
 SELECT i.company,
    r.account_id,
    r.refund_id,
    r.charge_id,
    r.payment_intent_id,
    c.request_id,
    r.created AS created_at,
    r.amount,
    r.currency,
    ((r.amount)::numeric * u.unit) AS amount_decimal,
    r.status,
    r.reason,
    r.failure_reason,
    e.net,
    e.currency AS settlement_currency,
    ((e.net)::numeric * s.unit) AS net_decimal,
    r.balance_transaction_id,
    r.failure_balance_transaction_id,
    r.read_at AS observed_at
   FROM (((((((pay_private.refund r
     LEFT JOIN pay_private.integration i ON (((i.account_id)::text = r.account_id)))
     LEFT JOIN pay_private.charge c ON (((c.account_id = r.account_id) AND (c.charge_id = r.charge_id))))
     LEFT JOIN pay_private.currency u ON (((u.code)::text = r.currency)))
     LEFT JOIN pay_private.balance_transaction b ON (((b.account_id = r.account_id) AND (b.balance_transaction_id = r.balance_transaction_id) AND (b.gone_at IS NULL))))
     LEFT JOIN pay_private.balance_transaction f ON (((f.account_id = r.account_id) AND (f.balance_transaction_id = r.failure_balance_transaction_id) AND (f.gone_at IS NULL))))
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN (r.failure_balance_transaction_id IS NULL) THEN b.net
                    WHEN (f.currency = b.currency) THEN (b.net + f.net)
                    ELSE NULL::bigint
                END AS net,
                CASE
                    WHEN ((r.failure_balance_transaction_id IS NULL) OR (f.currency = b.currency)) THEN b.currency
                    ELSE NULL::text
                END AS currency) e)
     LEFT JOIN pay_private.currency s ON (((s.code)::text = e.currency)))
  WHERE (r.gone_at IS NULL);

CREATE TABLE pay_private.requirement (
    account_id text NOT NULL,
    requirement text NOT NULL,
    status text NOT NULL,
    deadline timestamp with time zone,
    error_code text,
    error_reason text,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    met_at timestamp with time zone,
    CONSTRAINT requirement_met_has_time CHECK (((status = 'met'::text) = (met_at IS NOT NULL))),
    CONSTRAINT requirement_status CHECK ((status = ANY (ARRAY['past_due'::text, 'currently_due'::text, 'pending_verification'::text, 'future_due'::text, 'eventually_due'::text, 'met'::text])))
)
WITH (fillfactor='80');

CREATE TABLE pay_private.requirement_word (
    "position" integer NOT NULL,
    pattern text NOT NULL,
    topic text NOT NULL,
    words text NOT NULL
);

CREATE VIEW pay.requirements AS
 SELECT i.company,
    r.account_id,
    r.requirement,
    COALESCE(w.topic, 'other'::text) AS topic,
    COALESCE(w.words, ('More information: '::text || replace(replace(r.requirement, '.'::text, ', '::text), '_'::text, ' '::text))) AS words,
    r.status,
        CASE
            WHEN (r.status = 'pending_verification'::text) THEN 'stripe'::text
            WHEN (r.status = 'met'::text) THEN 'none'::text
            ELSE 'merchant'::text
        END AS awaiting,
    r.deadline,
    r.error_code,
    r.error_reason,
    r.first_seen_at,
    r.last_seen_at,
    r.met_at
   FROM ((pay_private.requirement r
     JOIN pay_private.integration i USING (account_id))
     LEFT JOIN LATERAL ( SELECT x.topic,
            x.words
           FROM pay_private.requirement_word x
          WHERE (r.requirement ~~ x.pattern)
          ORDER BY x."position"
         LIMIT 1) w ON (true));

CREATE VIEW pay.runs AS
 SELECT r.run_id,
    r.job,
    r.cause,
    r.slot,
        CASE
            WHEN ((r.state = 'running'::text) AND (r.alive_until < now())) THEN 'lost'::text
            ELSE r.state
        END AS state,
    r.daemon,
    COALESCE(r.started_at, r.created_at) AS started_at,
    r.heartbeat_at,
    r.finished_at,
    r.passes,
    r.done,
    r.failed,
    r.reason
   FROM pay_private.run r;

CREATE TABLE pay_private.stage_event (
    account_id text NOT NULL,
    seq bigint NOT NULL,
    from_stage text,
    to_stage text NOT NULL,
    detail text,
    cause text NOT NULL,
    stripe_request_id text,
    observed_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_before timestamp with time zone,
    CONSTRAINT stage_event_to_stage CHECK ((to_stage = ANY (ARRAY['pending'::text, 'incomplete'::text, 'completed'::text, 'disconnected'::text])))
);

CREATE VIEW pay.stage_detection AS
 SELECT e.to_stage,
    e.cause,
    count(*) AS changes,
    percentile_disc((0.5)::double precision) WITHIN GROUP (ORDER BY (e.observed_at - e.seen_before)) AS half_within,
    percentile_disc((0.99)::double precision) WITHIN GROUP (ORDER BY (e.observed_at - e.seen_before)) AS almost_all_within,
    max((e.observed_at - e.seen_before)) AS all_within
   FROM pay_private.stage_event e
  WHERE ((e.seen_before IS NOT NULL) AND (e.observed_at > (now() - '30 days'::interval)))
  GROUP BY e.to_stage, e.cause;

CREATE VIEW pay.stage_history AS
 SELECT i.company,
    e.account_id,
    e.seq,
    e.from_stage,
    e.to_stage,
    e.detail AS stage_detail,
    e.cause,
    e.stripe_request_id,
    e.observed_at,
    (e.observed_at - e.seen_before) AS noticed_within
   FROM (pay_private.stage_event e
     JOIN pay_private.integration i USING (account_id));

CREATE TABLE pay.suppression (
    suppression_id bigint NOT NULL,
    email pay.email NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE pay.suppression ALTER COLUMN suppression_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pay.suppression_suppression_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE pay_private.balance_snapshot (
    account_id text NOT NULL,
    currency text NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    available bigint NOT NULL,
    pending bigint NOT NULL,
    stripe_request_id text,
    seen_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE pay_private.coverage (
    account_id text NOT NULL,
    stream text NOT NULL,
    span tstzrange NOT NULL,
    read_at timestamp with time zone NOT NULL,
    rows bigint DEFAULT 0 NOT NULL,
    CONSTRAINT coverage_span_not_empty CHECK ((NOT isempty(span)))
);

CREATE VIEW pay_private.balance_sum AS
 WITH judged AS (
         SELECT DISTINCT ON (s.account_id, s.currency) s.account_id,
            s.currency,
            s.taken_at,
            (s.available + s.pending) AS balance,
            c.span,
            ((i.origin = 'new'::text) AND (lower(c.span) <= i.account_created_at)) AS whole
           FROM ((pay_private.balance_snapshot s
             JOIN pay_private.integration i USING (account_id))
             JOIN pay_private.coverage c ON (((c.account_id = s.account_id) AND (c.stream = 'balance_transactions'::text) AND (c.span @> s.taken_at))))
          ORDER BY s.account_id, s.currency, s.taken_at DESC
        ), based AS (
         SELECT j.account_id,
            j.currency,
            j.taken_at,
            j.balance,
            j.span,
            j.whole,
                CASE
                    WHEN j.whole THEN '-infinity'::timestamp with time zone
                    ELSE (f.taken_at + '00:02:00'::interval)
                END AS since,
                CASE
                    WHEN j.whole THEN (0)::bigint
                    ELSE f.balance
                END AS base
           FROM (judged j
             LEFT JOIN LATERAL ( SELECT s.taken_at,
                    (s.available + s.pending) AS balance
                   FROM pay_private.balance_snapshot s
                  WHERE ((s.account_id = j.account_id) AND (s.currency = j.currency) AND (s.taken_at >= lower(j.span)) AND (s.taken_at < j.taken_at) AND (s.seen_at >= (s.taken_at + '00:04:00'::interval)))
                  ORDER BY s.taken_at
                 LIMIT 1) f ON ((NOT j.whole)))
          WHERE (j.whole OR (f.taken_at IS NOT NULL))
        )
 SELECT b.account_id,
    b.currency,
    b.taken_at,
    b.balance,
        CASE
            WHEN (((b.balance)::numeric = ((b.base)::numeric + t.early)) OR ((b.balance)::numeric IN ( SELECT (((b.base)::numeric + t.early) + sum(r.net) OVER (ORDER BY r.created))
               FROM pay_private.balance_transaction r
              WHERE ((r.account_id = b.account_id) AND (r.currency = b.currency) AND (r.gone_at IS NULL) AND (COALESCE(r.balance_type, 'payments'::text) = 'payments'::text) AND (r.created > b.since) AND (r.created > (b.taken_at - '00:02:00'::interval)) AND (r.created <= (b.taken_at + '00:02:00'::interval)))))) THEN b.balance
            ELSE (((b.base)::numeric + t.until_then))::bigint
        END AS ledger
   FROM (based b
     CROSS JOIN LATERAL ( SELECT COALESCE(sum(r.net), (0)::numeric) AS until_then,
            COALESCE(sum(r.net) FILTER (WHERE (r.created <= (b.taken_at - '00:02:00'::interval))), (0)::numeric) AS early
           FROM pay_private.balance_transaction r
          WHERE ((r.account_id = b.account_id) AND (r.currency = b.currency) AND (r.gone_at IS NULL) AND (COALESCE(r.balance_type, 'payments'::text) = 'payments'::text) AND (r.created > b.since) AND (r.created <= b.taken_at))) t);

CREATE TABLE pay_private.balance_transaction_fee (
    account_id text NOT NULL,
    balance_transaction_id text NOT NULL,
    ordinal integer NOT NULL,
    type text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    application text,
    description text
);

ALTER TABLE pay_private.bounce ALTER COLUMN bounce_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pay_private.bounce_bounce_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE pay_private.daemon (
    daemon text NOT NULL,
    version text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    alive_until timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

ALTER TABLE pay_private.delivery ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pay_private.delivery_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE pay_private.discrepancy ALTER COLUMN discrepancy_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pay_private.discrepancy_discrepancy_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE pay_private.erase_salt (
    singleton boolean DEFAULT true NOT NULL,
    salt bytea NOT NULL,
    CONSTRAINT erase_salt_one_row CHECK (singleton)
);

CREATE TABLE pay_private.erased (
    pseudonym text NOT NULL,
    erased_at timestamp with time zone DEFAULT now() NOT NULL,
    erased_by text DEFAULT SESSION_USER NOT NULL
);

CREATE VIEW pay_private.hole AS
SELECT
    NULL::text AS account_id,
    NULL::text AS stream,
    NULL::tstzmultirange AS holes;

CREATE VIEW pay_private.integration_rule AS
 SELECT i.account_id,
    i.company,
    i.stage,
    i.stage_detail,
    i.blocker,
    r.stage AS rule_stage,
    r.detail AS rule_detail,
    r.blocker AS rule_blocker
   FROM (pay_private.integration i
     CROSS JOIN LATERAL pay_private.stage_rule(i.details_submitted, i.charges_enabled, i.payouts_enabled, (i.currently_due <> '{}'::text[]), (i.past_due <> '{}'::text[]), (i.pending_verification <> '{}'::text[]), (i.errors <> '[]'::jsonb), ((i.current_deadline IS NOT NULL) OR (i.future_deadline IS NOT NULL)), i.disabled_reason, (i.access = 'revoked'::text), i.ever_completed, COALESCE((i.flow_open_until > i.observed_at), false)) r(stage, detail, blocker));

CREATE SEQUENCE pay_private.lease_token
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE pay_private.oauth_code (
    command_id uuid NOT NULL,
    code text NOT NULL,
    CONSTRAINT oauth_code_plain CHECK (((code ~ '^[!-~]+$'::text) AND (length(code) <= 500)))
);

CREATE TABLE pay_private.oauth_state (
    state_sha256 text NOT NULL,
    company text NOT NULL,
    command_id uuid NOT NULL,
    email pay.email NOT NULL,
    only_account pay.account_id,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_by uuid,
    used_at timestamp with time zone,
    account_id pay.account_id,
    exchanged_at timestamp with time zone,
    CONSTRAINT oauth_state_exchanged_has_account CHECK (((account_id IS NULL) = (exchanged_at IS NULL))),
    CONSTRAINT oauth_state_exchanged_was_used CHECK (((account_id IS NULL) OR (used_by IS NOT NULL))),
    CONSTRAINT oauth_state_sha256 CHECK ((state_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT oauth_state_used_has_time CHECK (((used_by IS NULL) = (used_at IS NULL)))
);

CREATE VIEW pay_private.payout_sum AS
SELECT
    NULL::text AS account_id,
    NULL::text AS payout_id,
    NULL::text AS currency,
    NULL::bigint AS amount,
    NULL::timestamp with time zone AS itemised_at,
    NULL::bigint AS items,
    NULL::bigint AS rows,
    NULL::bigint AS foreign_rows;

CREATE TABLE pay_private.quarantine (
    account_id text NOT NULL,
    stream text NOT NULL,
    object_id text NOT NULL,
    raw text NOT NULL,
    error text NOT NULL,
    first_seen timestamp with time zone DEFAULT now() NOT NULL,
    last_seen timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    tried_by text
);

CREATE VIEW pay_private.repair_plan AS
 SELECT d.discrepancy_id,
    d.kind,
    d.account_id,
    d.subject,
    d.detected_at,
    d.repair_asked_at,
    s.step,
        CASE s.step
            WHEN 'read'::text THEN (('read '::text || d.subject) || ' and what belongs to it again at Stripe'::text)
            WHEN 'read anew'::text THEN (('read '::text || d.subject) || ' again at Stripe and begin its history anew with that; what stands before is kept'::text)
            WHEN 'walk'::text THEN (('walk through '::text ||
            CASE d.kind
                WHEN 'INV-08'::text THEN 'the whole ledger'::text
                ELSE d.subject
            END) || ' again'::text)
            WHEN 'itemise'::text THEN (('read payout '::text || d.subject) || ' and the list of what is in it again'::text)
            WHEN 'restage'::text THEN 'write the stage that the rule gives'::text
            WHEN 'log anew'::text THEN 'begin the log of stages anew with the stage that the rule gives; what stands before is kept'::text
            WHEN 'switch off'::text THEN (('switch link '::text || d.subject) || ' off'::text)
            WHEN 'cut back'::text THEN (('let the proof of '::text || d.subject) || ' end at the disconnect'::text)
            WHEN 'settle'::text THEN 'call mails in doubt that a dead daemon left in transmission (mail resolve decides then)'::text
            WHEN 'mail again'::text THEN 'send the request again, with a link that works'::text
            WHEN 'correct'::text THEN (('write run '::text || d.subject) || ' down as what it was'::text)
            ELSE 'nothing by itself: a person decides (accept, or see the operator''s guide)'::text
        END AS words
   FROM (pay_private.discrepancy d
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN (d.kind = ANY (ARRAY['INV-01'::text, 'INV-02'::text, 'INV-08'::text])) THEN 'walk'::text
                    WHEN (d.kind = ANY (ARRAY['INV-03'::text, 'INV-04'::text, 'INV-05'::text, 'INV-06'::text, 'INV-10'::text, 'INV-15'::text, 'INV-20'::text, 'INV-21'::text])) THEN 'read'::text
                    WHEN ((d.kind = ANY (ARRAY['INV-09'::text, 'INV-11'::text])) AND (EXISTS ( SELECT
                       FROM (pay_private.charge c
                         JOIN pay_private.integration i USING (account_id))
                      WHERE ((c.account_id = d.account_id) AND (c.charge_id = d.subject) AND (c.gone_at IS NULL) AND (i.access = 'ok'::text) AND (i.stage <> 'disconnected'::text))))) THEN 'read anew'::text
                    WHEN (d.kind = 'INV-07'::text) THEN 'itemise'::text
                    WHEN (d.kind = 'INV-12'::text) THEN 'restage'::text
                    WHEN (d.kind = 'INV-13'::text) THEN 'log anew'::text
                    WHEN ((d.kind = 'INV-14'::text) AND ((d.evidence ->> 'what'::text) = 'read'::text)) THEN 'cut back'::text
                    WHEN ((d.kind = 'INV-16'::text) OR ((d.kind = 'INV-14'::text) AND ((d.evidence ->> 'what'::text) = 'link'::text))) THEN 'switch off'::text
                    WHEN (d.kind = 'INV-18'::text) THEN 'settle'::text
                    WHEN ((d.kind = 'INV-19'::text) AND (EXISTS ( SELECT
                       FROM pay.payment_request r
                      WHERE ((r.request_id = ((d.evidence ->> 'request_id'::text))::uuid) AND (r.state = 'open'::text))))) THEN 'mail again'::text
                    WHEN ((d.kind = 'INV-22'::text) AND (d.evidence ? 'job'::text)) THEN 'correct'::text
                    WHEN ((d.kind = 'INV-22'::text) OR (d.kind ~~ '%\_vanished'::text)) THEN 'read'::text
                    ELSE 'person'::text
                END AS step) s)
  WHERE (d.state = 'open'::text);

CREATE VIEW pay_private.request_detail AS
 SELECT r.request_id,
    r.company,
    r.to_email,
    r.to_name,
    (r.cc)::text[] AS cc,
    r.reply_to,
    r.amount,
    r.currency,
    r.description,
    r.message,
    r.due_on,
    COALESCE(r.locale, co.locale) AS locale,
    r.multi_party,
    ARRAY( SELECT e.key
           FROM jsonb_each_text(r.metadata) e(key, value)
          ORDER BY e.key) AS metadata_names,
    ARRAY( SELECT e.value
           FROM jsonb_each_text(r.metadata) e(key, value)
          ORDER BY e.key) AS metadata_values,
    COALESCE((b.display_name)::text, (co.name)::text, r.company) AS company_name,
    co.email AS company_email,
    b.primary_color AS brand_color,
    COALESCE(b.version, 0) AS brand_version,
    i.account_id,
    i.stage,
    COALESCE(i.livemode, false) AS livemode,
    l.link_id,
    l.url AS link_url,
    ( SELECT count(*) AS count
           FROM pay_private.payment_link n
          WHERE (n.request_id = r.request_id)) AS links_made,
    ARRAY( SELECT jsonb_array_elements_text(s.desired) AS jsonb_array_elements_text
           FROM pay_private.setting s
          WHERE ((s.company = r.company) AND (s.name = 'payment_methods'::text))) AS payment_methods,
    COALESCE(pay_private.application_fee(r.company, r.amount, (r.currency)::text), (0)::bigint) AS application_fee
   FROM ((((pay.payment_request r
     JOIN pay.company co ON ((co.company = r.company)))
     LEFT JOIN pay_private.integration i ON (((i.company = r.company) AND i.current)))
     LEFT JOIN LATERAL ( SELECT b_1.display_name,
            b_1.primary_color,
            b_1.version
           FROM pay.branding b_1
          WHERE ((b_1.company = r.company) AND (b_1.kind = 'checkout'::text))
          ORDER BY b_1.version DESC
         LIMIT 1) b ON (true))
     LEFT JOIN pay_private.payment_link l ON (((l.request_id = r.request_id) AND l.active AND l.wanted_active AND (l.account_id = (i.account_id)::text))));

ALTER TABLE pay_private.requirement_word ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pay_private.requirement_word_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE pay_private.reread (
    account_id text NOT NULL,
    stream text NOT NULL,
    object_id text NOT NULL,
    reason text NOT NULL,
    asked_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE pay_private.run ALTER COLUMN run_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pay_private.run_run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE pay_private.slice (
    account_id text NOT NULL,
    stream text NOT NULL,
    until timestamp with time zone NOT NULL,
    since timestamp with time zone NOT NULL,
    cursor text
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.05');

CREATE TABLE pay_private.stream (
    account_id text NOT NULL,
    stream text NOT NULL,
    watermark timestamp with time zone,
    walk_from timestamp with time zone,
    walk_max_created timestamp with time zone,
    walk_started_at timestamp with time zone,
    last_completed_at timestamp with time zone,
    last_error text,
    next_run_at timestamp with time zone DEFAULT now(),
    lease_token bigint,
    leased_until timestamp with time zone,
    leased_by text,
    walk_written bigint DEFAULT 0 NOT NULL,
    quiet_walks integer DEFAULT 0 NOT NULL,
    since timestamp with time zone,
    failing_since timestamp with time zone,
    balance_proven_at timestamp with time zone
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.05');

CREATE TABLE pay_private.stripe_call (
    idempotency_key text NOT NULL,
    account_id text,
    method text DEFAULT 'POST'::text NOT NULL,
    path text NOT NULL,
    body text NOT NULL,
    purpose text NOT NULL,
    subject text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    status integer,
    object_id text,
    request_id text,
    finished_at timestamp with time zone,
    CONSTRAINT stripe_call_key_length CHECK ((length(idempotency_key) <= 255))
)
WITH (fillfactor='85');

CREATE TABLE pay_private.stripe_file (
    account_id text NOT NULL,
    purpose text NOT NULL,
    sha256 text NOT NULL,
    file_id text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT stripe_file_purpose CHECK ((purpose = ANY (ARRAY['business_logo'::text, 'business_icon'::text])))
);

CREATE TABLE pay_private.sweep (
    singleton boolean DEFAULT true NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    proven_at timestamp with time zone,
    accounts integer DEFAULT 0 NOT NULL,
    lease_token bigint,
    leased_until timestamp with time zone,
    leased_by text,
    CONSTRAINT sweep_one_row CHECK (singleton)
);

CREATE UNLOGGED TABLE pay_private.swept_account (
    account_id text NOT NULL,
    stage_changes boolean NOT NULL,
    raw text NOT NULL,
    stripe_request_id text NOT NULL,
    read_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE VIEW pay_private.violation AS
SELECT
    NULL::text AS invariant,
    NULL::text AS account_id,
    NULL::text AS subject,
    NULL::jsonb AS evidence;

ALTER TABLE ONLY pay.branding
    ADD CONSTRAINT branding_pkey PRIMARY KEY (company, kind, version);

ALTER TABLE ONLY pay.collect_payment_file
    ADD CONSTRAINT collect_payment_file_of_company UNIQUE (company, file_id);

ALTER TABLE ONLY pay.collect_payment_file
    ADD CONSTRAINT collect_payment_file_pkey PRIMARY KEY (file_id);

ALTER TABLE ONLY pay.collect_payment_file
    ADD CONSTRAINT collect_payment_file_version_unique UNIQUE (company, name, version);

ALTER TABLE ONLY pay.command
    ADD CONSTRAINT command_pkey PRIMARY KEY (command_id);

ALTER TABLE ONLY pay.company
    ADD CONSTRAINT company_pkey PRIMARY KEY (company);

ALTER TABLE ONLY pay.mail_template
    ADD CONSTRAINT mail_template_pkey PRIMARY KEY (company, kind, locale);

ALTER TABLE ONLY pay.payment_request
    ADD CONSTRAINT payment_request_pkey PRIMARY KEY (request_id);

ALTER TABLE ONLY pay.suppression
    ADD CONSTRAINT suppression_pkey PRIMARY KEY (suppression_id);

ALTER TABLE ONLY pay_private.application_fee
    ADD CONSTRAINT application_fee_pkey PRIMARY KEY (account_id, application_fee_id);

ALTER TABLE ONLY pay_private.balance_snapshot
    ADD CONSTRAINT balance_snapshot_pkey PRIMARY KEY (account_id, currency, taken_at);

ALTER TABLE ONLY pay_private.balance_transaction_fee
    ADD CONSTRAINT balance_transaction_fee_pkey PRIMARY KEY (account_id, balance_transaction_id, ordinal);

ALTER TABLE ONLY pay_private.balance_transaction
    ADD CONSTRAINT balance_transaction_pkey PRIMARY KEY (account_id, balance_transaction_id);

ALTER TABLE ONLY pay_private.bounce
    ADD CONSTRAINT bounce_once UNIQUE (delivery_id, source);

ALTER TABLE ONLY pay_private.bounce
    ADD CONSTRAINT bounce_pkey PRIMARY KEY (bounce_id);

ALTER TABLE ONLY pay_private.chain_start
    ADD CONSTRAINT chain_start_pkey PRIMARY KEY (chain, account_id, subject, discrepancy_id);

ALTER TABLE ONLY pay_private.charge_history
    ADD CONSTRAINT charge_history_pkey PRIMARY KEY (account_id, charge_id, version);

ALTER TABLE ONLY pay_private.charge
    ADD CONSTRAINT charge_pkey PRIMARY KEY (account_id, charge_id);

ALTER TABLE ONLY pay_private.coverage
    ADD CONSTRAINT coverage_pkey PRIMARY KEY (account_id, stream, span);

ALTER TABLE ONLY pay_private.currency
    ADD CONSTRAINT currency_pkey PRIMARY KEY (code);

ALTER TABLE ONLY pay_private.daemon
    ADD CONSTRAINT daemon_pkey PRIMARY KEY (daemon);

ALTER TABLE ONLY pay_private.delivery_attempt
    ADD CONSTRAINT delivery_attempt_pkey PRIMARY KEY (delivery_id, attempt);

ALTER TABLE ONLY pay_private.delivery
    ADD CONSTRAINT delivery_message_id_once UNIQUE (message_id, recipient);

ALTER TABLE ONLY pay_private.delivery
    ADD CONSTRAINT delivery_one_each UNIQUE (request_id, kind, recipient, number);

ALTER TABLE ONLY pay_private.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (delivery_id);

ALTER TABLE ONLY pay_private.discrepancy
    ADD CONSTRAINT discrepancy_pkey PRIMARY KEY (discrepancy_id);

ALTER TABLE ONLY pay_private.dispute
    ADD CONSTRAINT dispute_pkey PRIMARY KEY (account_id, dispute_id);

ALTER TABLE ONLY pay_private.erase_salt
    ADD CONSTRAINT erase_salt_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY pay_private.erased
    ADD CONSTRAINT erased_pkey PRIMARY KEY (pseudonym);

ALTER TABLE ONLY pay_private.fuse
    ADD CONSTRAINT fuse_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY pay_private.integration
    ADD CONSTRAINT integration_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY pay_private.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (job);

ALTER TABLE ONLY pay_private.oauth_code
    ADD CONSTRAINT oauth_code_pkey PRIMARY KEY (command_id);

ALTER TABLE ONLY pay_private.oauth_state
    ADD CONSTRAINT oauth_state_pkey PRIMARY KEY (state_sha256);

ALTER TABLE ONLY pay_private.payment_link
    ADD CONSTRAINT payment_link_pkey PRIMARY KEY (link_id);

ALTER TABLE ONLY pay_private.payout
    ADD CONSTRAINT payout_pkey PRIMARY KEY (account_id, payout_id);

ALTER TABLE ONLY pay_private.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (account_id, stream, object_id);

ALTER TABLE ONLY pay_private.refund
    ADD CONSTRAINT refund_pkey PRIMARY KEY (account_id, refund_id);

ALTER TABLE ONLY pay_private.requirement
    ADD CONSTRAINT requirement_pkey PRIMARY KEY (account_id, requirement);

ALTER TABLE ONLY pay_private.requirement_word
    ADD CONSTRAINT requirement_word_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY pay_private.reread
    ADD CONSTRAINT reread_pkey PRIMARY KEY (account_id, stream, object_id);

ALTER TABLE ONLY pay_private.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (run_id);

ALTER TABLE ONLY pay_private.setting
    ADD CONSTRAINT setting_pkey PRIMARY KEY (company, name);

ALTER TABLE ONLY pay_private.slice
    ADD CONSTRAINT slice_pkey PRIMARY KEY (account_id, stream, until);

ALTER TABLE ONLY pay_private.stage_event
    ADD CONSTRAINT stage_event_pkey PRIMARY KEY (account_id, seq);

ALTER TABLE ONLY pay_private.stream
    ADD CONSTRAINT stream_pkey PRIMARY KEY (account_id, stream);

ALTER TABLE ONLY pay_private.stripe_call
    ADD CONSTRAINT stripe_call_pkey PRIMARY KEY (idempotency_key);

ALTER TABLE ONLY pay_private.stripe_file
    ADD CONSTRAINT stripe_file_pkey PRIMARY KEY (account_id, purpose, sha256);

ALTER TABLE ONLY pay_private.suspicion
    ADD CONSTRAINT suspicion_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY pay_private.sweep
    ADD CONSTRAINT sweep_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY pay_private.swept_account
    ADD CONSTRAINT swept_account_pkey PRIMARY KEY (account_id);

CREATE INDEX command_by_company ON pay.command USING btree (company, seq);

CREATE INDEX command_due ON pay.command USING btree (run_after, seq) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]));

CREATE INDEX command_leased ON pay.command USING btree (lease_token) WHERE (lease_token IS NOT NULL);

CREATE UNIQUE INDEX command_one_running ON pay.command USING btree (company) WHERE (state = 'running'::text);

CREATE UNIQUE INDEX command_request_key_unique ON pay.command USING btree (company, request_key) WHERE (request_key IS NOT NULL);

CREATE INDEX company_by_mail_account ON pay.company USING btree (mail_account);

CREATE INDEX payment_request_by_company ON pay.payment_request USING btree (company, seq);

CREATE INDEX payment_request_expiring ON pay.payment_request USING btree (expires_at) WHERE ((expires_at IS NOT NULL) AND (state = 'open'::text));

CREATE INDEX payment_request_link_wanted ON pay.payment_request USING btree (link_wanted_at) WHERE (link_wanted_at IS NOT NULL);

CREATE UNIQUE INDEX payment_request_request_key_unique ON pay.payment_request USING btree (company, request_key) WHERE (request_key IS NOT NULL);

CREATE UNIQUE INDEX suppression_email_unique ON pay.suppression USING btree (lower((email)::text));

CREATE INDEX application_fee_by_charge ON pay_private.application_fee USING btree (charged_account_id, charge_id);

CREATE INDEX application_fee_by_created ON pay_private.application_fee USING btree (account_id, created DESC, application_fee_id);

CREATE INDEX audited_by_time ON pay_private.audited USING btree (audited_at);

CREATE INDEX balance_transaction_by_created ON pay_private.balance_transaction USING btree (account_id, created DESC, balance_transaction_id);

CREATE INDEX balance_transaction_by_payout ON pay_private.balance_transaction USING btree (account_id, payout_id) WHERE (payout_id IS NOT NULL);

CREATE INDEX balance_transaction_by_source ON pay_private.balance_transaction USING btree (account_id, source_id);

CREATE INDEX balance_transaction_to_check ON pay_private.balance_transaction USING btree (account_id, next_check_at) WHERE (next_check_at IS NOT NULL);

CREATE INDEX charge_by_amount ON pay_private.charge USING btree (account_id, amount);

CREATE INDEX charge_by_created ON pay_private.charge USING btree (account_id, created DESC, charge_id);

CREATE INDEX charge_by_currency ON pay_private.charge USING btree (account_id, currency, created DESC);

CREATE INDEX charge_by_ledger_row ON pay_private.charge USING btree (account_id, balance_transaction_id) WHERE (balance_transaction_id IS NOT NULL);

CREATE INDEX charge_by_method ON pay_private.charge USING btree (account_id, method, created DESC);

CREATE INDEX charge_by_payer ON pay_private.charge USING btree (account_id, lower(payer_email));

CREATE INDEX charge_by_request ON pay_private.charge USING btree (request_id) WHERE (request_id IS NOT NULL);

CREATE INDEX charge_by_status ON pay_private.charge USING btree (account_id, status, created DESC);

CREATE INDEX charge_by_words ON pay_private.charge USING gin (pay_private.charge_words(charge_id, description, payer_name, payer_email, last4));

CREATE INDEX charge_disputed ON pay_private.charge USING btree (account_id, created DESC) WHERE disputed;

CREATE INDEX charge_refunded ON pay_private.charge USING btree (account_id, created DESC) WHERE (amount_refunded > 0);

CREATE INDEX charge_to_check ON pay_private.charge USING btree (account_id, next_check_at) WHERE (next_check_at IS NOT NULL);

CREATE INDEX delivery_due ON pay_private.delivery USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL);

CREATE INDEX delivery_due_by_company ON pay_private.delivery USING btree (company, ((- priority)), next_attempt_at, seq) WHERE (next_attempt_at IS NOT NULL);

CREATE INDEX delivery_in_doubt ON pay_private.delivery USING btree (request_id) WHERE (state = 'in_doubt'::text);

CREATE INDEX delivery_leased ON pay_private.delivery USING btree (lease_token) WHERE (lease_token IS NOT NULL);

CREATE UNIQUE INDEX delivery_one_per_payment ON pay_private.delivery USING btree (charge_id, kind, recipient) WHERE (charge_id IS NOT NULL);

CREATE UNIQUE INDEX discrepancy_one_open ON pay_private.discrepancy USING btree (kind, account_id, subject) WHERE (state = 'open'::text);

CREATE INDEX dispute_by_charge ON pay_private.dispute USING btree (account_id, charge_id);

CREATE INDEX dispute_by_created ON pay_private.dispute USING btree (account_id, created DESC, dispute_id);

CREATE INDEX dispute_to_check ON pay_private.dispute USING btree (account_id, next_check_at) WHERE (next_check_at IS NOT NULL);

CREATE INDEX integration_by_company ON pay_private.integration USING btree (company);

CREATE INDEX integration_deadline ON pay_private.integration USING btree (account_id) WHERE ((current_deadline IS NOT NULL) OR (future_deadline IS NOT NULL) OR (warned_for IS NOT NULL));

CREATE INDEX integration_hot ON pay_private.integration USING btree (hot_until) WHERE (hot_until IS NOT NULL);

CREATE INDEX integration_leased ON pay_private.integration USING btree (lease_token) WHERE (lease_token IS NOT NULL);

CREATE UNIQUE INDEX integration_one_current ON pay_private.integration USING btree (company) WHERE current;

CREATE INDEX oauth_state_by_command ON pay_private.oauth_state USING btree (command_id);

CREATE INDEX oauth_state_by_company ON pay_private.oauth_state USING btree (company);

CREATE INDEX payment_link_active ON pay_private.payment_link USING btree (account_id, created_at) WHERE active;

CREATE INDEX payment_link_by_request ON pay_private.payment_link USING btree (request_id);

CREATE UNIQUE INDEX payment_link_one_wanted ON pay_private.payment_link USING btree (request_id) WHERE wanted_active;

CREATE INDEX payment_link_to_deactivate ON pay_private.payment_link USING btree (next_attempt_at) WHERE (active AND (NOT wanted_active));

CREATE INDEX payout_by_created ON pay_private.payout USING btree (account_id, created DESC, payout_id);

CREATE INDEX payout_not_itemised ON pay_private.payout USING btree (account_id, currency, created) WHERE (NOT automatic);

CREATE INDEX payout_to_check ON pay_private.payout USING btree (account_id, next_check_at) WHERE (next_check_at IS NOT NULL);

CREATE INDEX payout_to_itemise ON pay_private.payout USING btree (account_id, created) WHERE (automatic AND (reconciliation_status = 'completed'::text) AND (itemised_at IS NULL));

CREATE INDEX refund_by_charge ON pay_private.refund USING btree (account_id, charge_id);

CREATE INDEX refund_by_created ON pay_private.refund USING btree (account_id, created DESC, refund_id);

CREATE INDEX refund_to_check ON pay_private.refund USING btree (account_id, next_check_at) WHERE (next_check_at IS NOT NULL);

CREATE INDEX run_finished ON pay_private.run USING btree (finished_at);

CREATE INDEX run_lost ON pay_private.run USING btree (finished_at) WHERE (state = 'lost'::text);

CREATE INDEX run_of_job ON pay_private.run USING btree (job, run_id);

CREATE INDEX run_open ON pay_private.run USING btree (job) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]));

CREATE UNIQUE INDEX run_slot ON pay_private.run USING btree (job, slot) WHERE ((slot IS NOT NULL) AND (state <> 'lost'::text));

CREATE INDEX stream_due ON pay_private.stream USING btree (next_run_at) WHERE (next_run_at IS NOT NULL);

CREATE INDEX stream_leased ON pay_private.stream USING btree (lease_token) WHERE (lease_token IS NOT NULL);

CREATE INDEX stripe_call_by_subject ON pay_private.stripe_call USING btree (subject, created_at);

CREATE INDEX stripe_call_old ON pay_private.stripe_call USING btree (created_at);

CREATE OR REPLACE VIEW pay.coverage AS
 SELECT i.company,
    s.account_id,
    s.stream,
    lower(c.span) AS complete_from,
    upper(c.span) AS complete_to,
    (now() - upper(c.span)) AS late_by,
    COALESCE(c.rows, (0)::bigint) AS objects,
    NULLIF((h.holes)::text, '{}'::text) AS holes,
    s.last_completed_at,
    s.next_run_at,
    s.last_error,
    ( SELECT count(*) AS count
           FROM pay_private.quarantine q
          WHERE ((q.account_id = s.account_id) AND (q.stream = s.stream))) AS quarantined,
    ( SELECT count(*) AS count
           FROM pay_private.discrepancy d
          WHERE ((d.account_id = s.account_id) AND (d.state = 'open'::text))) AS open_discrepancies,
    s.balance_proven_at
   FROM (((pay_private.stream s
     LEFT JOIN pay_private.integration i ON (((i.account_id)::text = s.account_id)))
     LEFT JOIN pay_private.hole h ON (((h.account_id = s.account_id) AND (h.stream = s.stream))))
     LEFT JOIN LATERAL ( SELECT range_merge(range_agg(v.span)) AS span,
            (sum(v.rows))::bigint AS rows
           FROM pay_private.coverage v
          WHERE ((v.account_id = s.account_id) AND (v.stream = s.stream))) c ON (true));

CREATE OR REPLACE VIEW pay_private.hole AS
 SELECT s.account_id,
    s.stream,
    ((tstzmultirange(tstzrange(LEAST(s.since, min(lower(c.span))), max(upper(c.span)))) - range_agg(c.span)) - COALESCE(( SELECT range_agg(tstzrange(x.since, x.until)) AS range_agg
           FROM pay_private.slice x
          WHERE ((x.account_id = s.account_id) AND (x.stream = s.stream))), '{}'::tstzmultirange)) AS holes
   FROM (pay_private.stream s
     JOIN pay_private.coverage c ON (((c.account_id = s.account_id) AND (c.stream = s.stream))))
  GROUP BY s.account_id, s.stream;

CREATE OR REPLACE VIEW pay_private.payout_sum AS
 SELECT p.account_id,
    p.payout_id,
    p.currency,
    p.amount,
    p.itemised_at,
    (COALESCE(sum(b.net) FILTER (WHERE (b.type <> 'payout'::text)), (0)::numeric))::bigint AS items,
    count(*) FILTER (WHERE (b.type <> 'payout'::text)) AS rows,
    count(*) FILTER (WHERE (b.currency <> p.currency)) AS foreign_rows
   FROM (pay_private.payout p
     LEFT JOIN pay_private.balance_transaction b ON (((b.account_id = p.account_id) AND (b.payout_id = p.payout_id) AND (b.gone_at IS NULL))))
  WHERE ((p.itemised_at IS NOT NULL) AND (p.gone_at IS NULL))
  GROUP BY p.account_id, p.payout_id;

CREATE OR REPLACE VIEW pay_private.violation AS
 WITH readable AS (
         SELECT integration.account_id,
            integration.company,
            integration.livemode,
            integration.origin,
            integration.current,
            integration.stage,
            integration.stage_detail,
            integration.blocker,
            integration.details_submitted,
            integration.charges_enabled,
            integration.payouts_enabled,
            integration.currently_due,
            integration.eventually_due,
            integration.past_due,
            integration.pending_verification,
            integration.errors,
            integration.disabled_reason,
            integration.current_deadline,
            integration.country,
            integration.default_currency,
            integration.ever_completed,
            integration.flow_open_until,
            integration.access,
            integration.email_of_record,
            integration.account_created_at,
            integration.observed_at,
            integration.observed_request_id,
            integration.observation_hash,
            integration.hot_until,
            integration.next_check_at,
            integration.connected_at,
            integration.disconnected_at,
            integration.lease_token,
            integration.leased_until,
            integration.leased_by,
            integration.future_deadline,
            integration.future_due,
            integration.hot_reads,
            integration.hot_read_at,
            integration.hot_read_before,
            integration.disconnected_by,
            integration.warned_for,
            integration.warned_at
           FROM pay_private.integration
          WHERE ((integration.access = 'ok'::text) AND (integration.stage <> 'disconnected'::text))
        ), settled AS (
         SELECT readable.account_id,
            readable.company,
            readable.livemode,
            readable.origin,
            readable.current,
            readable.stage,
            readable.stage_detail,
            readable.blocker,
            readable.details_submitted,
            readable.charges_enabled,
            readable.payouts_enabled,
            readable.currently_due,
            readable.eventually_due,
            readable.past_due,
            readable.pending_verification,
            readable.errors,
            readable.disabled_reason,
            readable.current_deadline,
            readable.country,
            readable.default_currency,
            readable.ever_completed,
            readable.flow_open_until,
            readable.access,
            readable.email_of_record,
            readable.account_created_at,
            readable.observed_at,
            readable.observed_request_id,
            readable.observation_hash,
            readable.hot_until,
            readable.next_check_at,
            readable.connected_at,
            readable.disconnected_at,
            readable.lease_token,
            readable.leased_until,
            readable.leased_by,
            readable.future_deadline,
            readable.future_due,
            readable.hot_reads,
            readable.hot_read_at,
            readable.hot_read_before,
            readable.disconnected_by,
            readable.warned_for,
            readable.warned_at
           FROM readable
          WHERE (readable.connected_at < (now() - '1 day'::interval))
        ), read_until AS (
         SELECT stream.account_id,
            stream.stream,
            stream.last_completed_at
           FROM pay_private.stream
        ), known_from AS (
         SELECT DISTINCT ON (coverage.account_id, coverage.stream) coverage.account_id,
            coverage.stream,
            lower(coverage.span) AS since
           FROM pay_private.coverage
          ORDER BY coverage.account_id, coverage.stream, (upper(coverage.span)) DESC
        ), newest_start AS (
         SELECT DISTINCT ON (chain_start.chain, chain_start.account_id, chain_start.subject) chain_start.chain,
            chain_start.account_id,
            chain_start.subject,
            chain_start.first,
            chain_start.trusted,
            chain_start.discrepancy_id,
            chain_start.created_at
           FROM pay_private.chain_start
          ORDER BY chain_start.chain, chain_start.account_id, chain_start.subject, chain_start.discrepancy_id DESC
        )
 SELECT 'INV-01'::text AS invariant,
    s.account_id,
    s.stream AS subject,
    jsonb_build_object('stream', s.stream, 'holes', (h.holes)::text, 'due_since', s.next_run_at, 'failing_since', s.failing_since, 'error', s.last_error) AS evidence
   FROM (pay_private.stream s
     LEFT JOIN pay_private.hole h USING (account_id, stream))
  WHERE (((s.account_id = ''::text) OR (s.account_id IN ( SELECT readable.account_id
           FROM readable))) AND ((NOT isempty(h.holes)) OR ((s.next_run_at < (now() - '02:00:00'::interval)) AND ((s.account_id = ''::text) OR (s.account_id IN ( SELECT settled.account_id
           FROM settled)))) OR (s.failing_since < (now() - '1 day'::interval))))
UNION ALL
 SELECT 'INV-02'::text AS invariant,
    r.account_id,
    k.stream AS subject,
    jsonb_build_object('stream', k.stream, 'connected_at', r.connected_at) AS evidence
   FROM (readable r
     CROSS JOIN unnest(ARRAY['charges'::text, 'refunds'::text, 'disputes'::text, 'balance_transactions'::text, 'payouts'::text]) k(stream))
  WHERE ((r.connected_at < (now() - '1 day'::interval)) AND (NOT (EXISTS ( SELECT
           FROM pay_private.coverage c
          WHERE ((c.account_id = (r.account_id)::text) AND (c.stream = k.stream))))))
UNION ALL
 SELECT 'INV-03'::text AS invariant,
    b.account_id,
    b.balance_transaction_id AS subject,
    jsonb_build_object('amount', b.amount, 'fee', b.fee, 'net', b.net, 'fee_parts', f.parts) AS evidence
   FROM (pay_private.balance_transaction b
     CROSS JOIN LATERAL ( SELECT COALESCE(sum(p.amount), (0)::numeric) AS parts
           FROM pay_private.balance_transaction_fee p
          WHERE ((p.account_id = b.account_id) AND (p.balance_transaction_id = b.balance_transaction_id))) f)
  WHERE (((b.net <> (b.amount - b.fee)) OR ((b.fee)::numeric <> f.parts)) AND (b.gone_at IS NULL))
UNION ALL
 SELECT 'INV-04'::text AS invariant,
    c.account_id,
    c.charge_id AS subject,
    jsonb_build_object('created', c.created, 'ledger_row', c.balance_transaction_id) AS evidence
   FROM pay_private.charge c
  WHERE ((c.status = 'succeeded'::text) AND c.captured AND (c.created < (now() - '24:00:00'::interval)) AND (c.gone_at IS NULL) AND (NOT (EXISTS ( SELECT
           FROM pay_private.balance_transaction b
          WHERE ((b.account_id = c.account_id) AND (b.balance_transaction_id = c.balance_transaction_id))))))
UNION ALL
 SELECT 'INV-05'::text AS invariant,
    b.account_id,
    b.balance_transaction_id AS subject,
    jsonb_build_object('type', b.type, 'source_id', b.source_id, 'created', b.created) AS evidence
   FROM (((pay_private.balance_transaction b
     JOIN ( VALUES ('charge'::text,'charges'::text), ('payment'::text,'charges'::text), ('refund'::text,'refunds'::text), ('payment_refund'::text,'refunds'::text), ('payout'::text,'payouts'::text)) k(type, stream) ON ((k.type = b.type)))
     JOIN known_from f ON (((f.account_id = b.account_id) AND (f.stream = k.stream) AND (f.since < (b.created - '1 day'::interval)))))
     JOIN read_until u ON (((u.account_id = b.account_id) AND (u.stream = k.stream) AND (u.last_completed_at > b.read_at))))
  WHERE ((NOT (EXISTS ( SELECT
           FROM pay_private.charge c
          WHERE ((c.account_id = b.account_id) AND (c.charge_id = b.source_id))))) AND (NOT (EXISTS ( SELECT
           FROM pay_private.refund r
          WHERE ((r.account_id = b.account_id) AND (r.refund_id = b.source_id))))) AND (NOT (EXISTS ( SELECT
           FROM pay_private.payout p
          WHERE ((p.account_id = b.account_id) AND (p.payout_id = b.source_id))))) AND (b.gone_at IS NULL))
UNION ALL
 SELECT 'INV-05'::text AS invariant,
    b.account_id,
    b.balance_transaction_id AS subject,
    jsonb_build_object('type', b.type, 'source_id', b.source_id, 'amount', b.amount, 'object', o.amount) AS evidence
   FROM (((pay_private.balance_transaction b
     JOIN ( VALUES ('charge'::text,'charges'::text), ('payment'::text,'charges'::text), ('refund'::text,'refunds'::text), ('payment_refund'::text,'refunds'::text), ('payout'::text,'payouts'::text)) k(type, stream) ON ((k.type = b.type)))
     JOIN read_until u ON (((u.account_id = b.account_id) AND (u.stream = k.stream) AND (u.last_completed_at > b.read_at))))
     CROSS JOIN LATERAL ( SELECT c.amount_captured AS amount,
            c.currency,
            c.next_check_at
           FROM pay_private.charge c
          WHERE ((k.stream = 'charges'::text) AND (c.account_id = b.account_id) AND (c.charge_id = b.source_id) AND (c.gone_at IS NULL) AND (c.balance_transaction_id = b.balance_transaction_id) AND (c.status = 'succeeded'::text) AND c.captured)
        UNION ALL
         SELECT (- r.amount),
            r.currency,
            r.next_check_at
           FROM pay_private.refund r
          WHERE ((k.stream = 'refunds'::text) AND (r.account_id = b.account_id) AND (r.refund_id = b.source_id) AND (r.gone_at IS NULL))
        UNION ALL
         SELECT (- p.amount),
            p.currency,
            NULL::timestamp with time zone
           FROM pay_private.payout p
          WHERE ((k.stream = 'payouts'::text) AND (p.account_id = b.account_id) AND (p.payout_id = b.source_id) AND (p.gone_at IS NULL))) o)
  WHERE ((b.exchange_rate IS NULL) AND (b.currency = o.currency) AND (b.amount <> o.amount) AND (b.gone_at IS NULL) AND ((o.next_check_at IS NULL) OR (o.next_check_at > now())))
UNION ALL
 SELECT 'INV-05'::text AS invariant,
    c.account_id,
    c.charge_id AS subject,
    jsonb_build_object('application_fee_amount', c.application_fee_amount, 'fees', f.amount, 'created', c.created) AS evidence
   FROM (((pay_private.charge c
     JOIN known_from k ON (((k.account_id = ''::text) AND (k.stream = 'application_fees'::text) AND (k.since < (c.created - '1 day'::interval)))))
     JOIN read_until u ON (((u.account_id = ''::text) AND (u.stream = 'application_fees'::text) AND (u.last_completed_at > c.read_at))))
     CROSS JOIN LATERAL ( SELECT COALESCE(sum(n.amount), (0)::numeric) AS amount
           FROM pay_private.application_fee n
          WHERE ((n.charged_account_id = c.account_id) AND (n.charge_id = c.charge_id) AND (n.gone_at IS NULL))) f)
  WHERE ((c.application_fee_amount > 0) AND (c.status = 'succeeded'::text) AND c.captured AND (c.gone_at IS NULL) AND ((c.application_fee_amount)::numeric <> f.amount))
UNION ALL
 SELECT 'INV-06'::text AS invariant,
    c.account_id,
    c.charge_id AS subject,
    jsonb_build_object('amount_refunded', c.amount_refunded, 'refunds', r.amount, 'captured', c.amount_captured) AS evidence
   FROM (((pay_private.charge c
     JOIN known_from f ON (((f.account_id = c.account_id) AND (f.stream = 'refunds'::text) AND (f.since <= c.created))))
     JOIN read_until u ON (((u.account_id = c.account_id) AND (u.stream = 'refunds'::text) AND (u.last_completed_at > c.read_at))))
     CROSS JOIN LATERAL ( SELECT COALESCE(sum(n.amount), (0)::numeric) AS amount
           FROM pay_private.refund n
          WHERE ((n.account_id = c.account_id) AND (n.charge_id = c.charge_id) AND (n.gone_at IS NULL) AND (n.status = ANY (ARRAY['succeeded'::text, 'pending'::text, 'requires_action'::text])))) r)
  WHERE ((((c.amount_refunded)::numeric <> r.amount) OR (c.amount_refunded > c.amount_captured)) AND ((c.next_check_at IS NULL) OR (c.next_check_at > now())) AND (c.gone_at IS NULL))
UNION ALL
 SELECT 'INV-07'::text AS invariant,
    p.account_id,
    p.payout_id AS subject,
    jsonb_build_object('amount', p.amount, 'items', p.items, 'rows', p.rows, 'foreign_rows', p.foreign_rows) AS evidence
   FROM pay_private.payout_sum p
  WHERE ((p.amount <> p.items) OR (p.foreign_rows > 0))
UNION ALL
 SELECT 'INV-07'::text AS invariant,
    p.account_id,
    p.payout_id AS subject,
    jsonb_build_object('amount', p.amount, 'itemised', false) AS evidence
   FROM pay_private.payout p
  WHERE (p.automatic AND (p.reconciliation_status = 'completed'::text) AND (p.itemised_at IS NULL) AND (p.gone_at IS NULL) AND (p.read_at < (now() - '1 day'::interval)) AND (p.account_id IN ( SELECT settled.account_id
           FROM settled)) AND (EXISTS ( SELECT
           FROM read_until u
          WHERE ((u.account_id = p.account_id) AND (u.stream = 'payouts'::text) AND (u.last_completed_at > p.read_at)))))
UNION ALL
 SELECT 'INV-08'::text AS invariant,
    b.account_id,
    b.currency AS subject,
    jsonb_build_object('balance', b.balance, 'ledger', b.ledger, 'taken_at', b.taken_at) AS evidence
   FROM pay_private.balance_sum b
  WHERE (b.balance <> b.ledger)
UNION ALL
 SELECT 'INV-09'::text AS invariant,
    h.account_id,
    h.charge_id AS subject,
    jsonb_build_object('version', h.version, 'read_at', h.read_at) AS evidence
   FROM ( SELECT charge_history.account_id,
            charge_history.charge_id,
            charge_history.version,
            charge_history.status,
            charge_history.amount_captured,
            charge_history.amount_refunded,
            charge_history.disputed,
            charge_history.balance_transaction_id,
            charge_history.request_id,
            charge_history.row_hash,
            charge_history.read_at,
            charge_history.source,
            charge_history.stripe_request_id,
            lag(charge_history.read_at) OVER w AS read_before,
            lag(charge_history.version) OVER w AS version_before
           FROM pay_private.charge_history
          WINDOW w AS (PARTITION BY charge_history.account_id, charge_history.charge_id ORDER BY charge_history.version)) h
  WHERE (((h.read_before > h.read_at) OR (h.version <> (COALESCE(h.version_before, 0) + 1)) OR (h.stripe_request_id IS NULL)) AND (NOT (EXISTS ( SELECT
           FROM newest_start n
          WHERE ((n.chain = 'charge_history'::text) AND (n.account_id = h.account_id) AND (n.subject = h.charge_id) AND ((h.version < n.first) OR ((h.version = n.first) AND (h.stripe_request_id IS NOT NULL))))))))
UNION ALL
 SELECT 'INV-09'::text AS invariant,
    n.account_id,
    n.subject,
    jsonb_build_object('version', n.first, 'read_at', NULL::unknown) AS evidence
   FROM newest_start n
  WHERE ((n.chain = 'charge_history'::text) AND (NOT (EXISTS ( SELECT
           FROM pay_private.charge_history h
          WHERE ((h.account_id = n.account_id) AND (h.charge_id = n.subject) AND (h.version >= n.first))))))
UNION ALL
 SELECT 'INV-10'::text AS invariant,
    c.account_id,
    c.charge_id AS subject,
    jsonb_build_object('status', c.status, 'read_at', c.read_at) AS evidence
   FROM (pay_private.charge c
     LEFT JOIN LATERAL ( SELECT n.account_id,
            n.charge_id,
            n.version,
            n.status,
            n.amount_captured,
            n.amount_refunded,
            n.disputed,
            n.balance_transaction_id,
            n.request_id,
            n.row_hash,
            n.read_at,
            n.source,
            n.stripe_request_id
           FROM pay_private.charge_history n
          WHERE ((n.account_id = c.account_id) AND (n.charge_id = c.charge_id))
          ORDER BY n.version DESC
         LIMIT 1) h ON (true))
  WHERE (((((h.status IS DISTINCT FROM c.status) OR (h.amount_captured IS DISTINCT FROM c.amount_captured)) OR (h.amount_refunded IS DISTINCT FROM c.amount_refunded)) OR (h.disputed IS DISTINCT FROM c.disputed)) OR (h.read_at IS DISTINCT FROM c.read_at))
UNION ALL
 SELECT 'INV-11'::text AS invariant,
    t.account_id,
    t.charge_id AS subject,
    jsonb_build_object('version', t.version, 'was', t.was, 'became', t.status) AS evidence
   FROM ( SELECT charge_history.account_id,
            charge_history.charge_id,
            charge_history.version,
            charge_history.status,
            charge_history.amount_captured,
            charge_history.amount_refunded,
            charge_history.disputed,
            charge_history.balance_transaction_id,
            charge_history.request_id,
            charge_history.row_hash,
            charge_history.read_at,
            charge_history.source,
            charge_history.stripe_request_id,
            lag(charge_history.status) OVER (PARTITION BY charge_history.account_id, charge_history.charge_id ORDER BY charge_history.version) AS was
           FROM pay_private.charge_history) t
  WHERE ((t.was <> t.status) AND (t.was <> 'pending'::text) AND (NOT (EXISTS ( SELECT
           FROM newest_start n
          WHERE ((n.chain = 'charge_history'::text) AND (n.account_id = t.account_id) AND (n.subject = t.charge_id) AND (t.version <= n.first))))))
UNION ALL
 SELECT 'INV-11'::text AS invariant,
    n.account_id,
    n.subject,
    jsonb_build_object('version', n.first, 'was', before.status, 'became', h.status) AS evidence
   FROM ((newest_start n
     JOIN pay_private.charge_history before ON (((before.account_id = n.account_id) AND (before.charge_id = n.subject) AND (before.version = n.trusted))))
     JOIN pay_private.charge_history h ON (((h.account_id = n.account_id) AND (h.charge_id = n.subject) AND (h.version = n.first))))
  WHERE ((n.chain = 'charge_history'::text) AND (before.status <> h.status) AND (before.status <> 'pending'::text))
UNION ALL
 SELECT 'INV-12'::text AS invariant,
    i.account_id,
    i.account_id AS subject,
    jsonb_build_object('stage', i.stage, 'rule', i.rule_stage) AS evidence
   FROM pay_private.integration_rule i
  WHERE (((i.stage IS DISTINCT FROM i.rule_stage) OR (i.stage_detail IS DISTINCT FROM i.rule_detail)) OR (i.blocker IS DISTINCT FROM i.rule_blocker))
UNION ALL
 SELECT 'INV-13'::text AS invariant,
    e.account_id,
    e.account_id AS subject,
    jsonb_build_object('seq', e.seq, 'from', e.from_stage, 'was', e.before) AS evidence
   FROM ( SELECT stage_event.account_id,
            stage_event.seq,
            stage_event.from_stage,
            stage_event.to_stage,
            stage_event.detail,
            stage_event.cause,
            stage_event.stripe_request_id,
            stage_event.observed_at,
            stage_event.seen_before,
            lag(stage_event.to_stage) OVER w AS before,
            lag(stage_event.seq) OVER w AS seq_before
           FROM pay_private.stage_event
          WINDOW w AS (PARTITION BY stage_event.account_id ORDER BY stage_event.seq)) e
  WHERE (((e.from_stage IS DISTINCT FROM e.before) OR (e.seq <> (COALESCE(e.seq_before, (0)::bigint) + 1)) OR (e.from_stage = e.to_stage)) AND (NOT (EXISTS ( SELECT
           FROM newest_start n
          WHERE ((n.chain = 'stage_event'::text) AND (n.account_id = e.account_id) AND ((e.seq < n.first) OR ((e.seq = n.first) AND (e.from_stage IS NULL))))))))
UNION ALL
 SELECT 'INV-13'::text AS invariant,
    n.account_id,
    n.account_id AS subject,
    jsonb_build_object('seq', n.first, 'from', NULL::unknown, 'was', NULL::unknown) AS evidence
   FROM newest_start n
  WHERE ((n.chain = 'stage_event'::text) AND (NOT (EXISTS ( SELECT
           FROM pay_private.stage_event e
          WHERE ((e.account_id = n.account_id) AND (e.seq >= n.first))))))
UNION ALL
 SELECT 'INV-13'::text AS invariant,
    i.account_id,
    i.account_id AS subject,
    jsonb_build_object('stage', i.stage, 'log', l.to_stage) AS evidence
   FROM (pay_private.integration i
     LEFT JOIN LATERAL ( SELECT e.to_stage
           FROM pay_private.stage_event e
          WHERE (e.account_id = (i.account_id)::text)
          ORDER BY e.seq DESC
         LIMIT 1) l ON (true))
  WHERE (i.stage IS DISTINCT FROM l.to_stage)
UNION ALL
 SELECT 'INV-14'::text AS invariant,
    i.account_id,
    q.subject,
    jsonb_build_object('what', q.what, 'at', q.at, 'disconnected_at', i.disconnected_at) AS evidence
   FROM (pay_private.integration i
     CROSS JOIN LATERAL ( SELECT c.stream AS subject,
            'read'::text AS what,
            c.read_at AS at
           FROM pay_private.coverage c
          WHERE ((c.account_id = (i.account_id)::text) AND (c.read_at > i.disconnected_at))
        UNION ALL
         SELECT l.link_id,
            'link'::text,
            l.created_at
           FROM pay_private.payment_link l
          WHERE ((l.account_id = (i.account_id)::text) AND l.wanted_active)
        UNION ALL
         SELECT (r.request_id)::text AS request_id,
            'mail'::text,
            t.started_at
           FROM ((pay.payment_request r
             JOIN pay_private.delivery d USING (request_id))
             JOIN pay_private.delivery_attempt t USING (delivery_id))
          WHERE ((r.account_id = (i.account_id)::text) AND (t.started_at > i.disconnected_at))) q)
  WHERE (i.stage = 'disconnected'::text)
UNION ALL
 SELECT 'INV-15'::text AS invariant,
    COALESCE(r.account_id, ''::text) AS account_id,
    (r.request_id)::text AS subject,
    jsonb_build_object('state', r.state, 'amount', r.amount, 'paid', m.paid, 'charges', m.charges) AS evidence
   FROM (pay.payment_request r
     CROSS JOIN LATERAL ( SELECT COALESCE(sum(c.amount_captured), (0)::numeric) AS paid,
            count(*) AS charges,
            COALESCE(bool_or(((c.currency <> (r.currency)::text) OR (c.livemode <> r.livemode))), false) AS mixed
           FROM pay_private.charge c
          WHERE ((c.request_id = r.request_id) AND (c.status = 'succeeded'::text) AND c.captured)) m)
  WHERE (m.mixed OR ((r.amount_paid)::numeric <> m.paid) OR
        CASE r.state
            WHEN 'paid'::text THEN ((m.paid <> (r.amount)::numeric) AND (NOT r.multi_party))
            WHEN 'overpaid'::text THEN (m.paid <= (r.amount)::numeric)
            WHEN 'partially_paid'::text THEN (m.paid >= (r.amount)::numeric)
            WHEN 'refunded'::text THEN (m.charges = 0)
            WHEN 'disputed'::text THEN (m.charges = 0)
            ELSE (m.charges > 0)
        END)
UNION ALL
 SELECT 'INV-16'::text AS invariant,
    l.account_id,
    l.link_id AS subject,
    jsonb_build_object('request_id', r.request_id, 'state', r.state, 'attempts', l.attempts) AS evidence
   FROM (pay_private.payment_link l
     JOIN pay.payment_request r USING (request_id))
  WHERE ((l.wanted_active AND (r.state <> 'open'::text) AND (NOT r.multi_party)) OR (l.active AND (NOT l.wanted_active) AND (l.attempts >= 20)))
UNION ALL
 SELECT 'INV-17'::text AS invariant,
    COALESCE(r.account_id, ''::text) AS account_id,
    (d.delivery_id)::text AS subject,
    jsonb_build_object('request_id', d.request_id, 'accepted', count(*)) AS evidence
   FROM ((pay_private.delivery_attempt t
     JOIN pay_private.delivery d USING (delivery_id))
     JOIN pay.payment_request r USING (request_id))
  WHERE (t.outcome = 'accepted'::text)
  GROUP BY r.account_id, d.delivery_id
 HAVING (count(*) > 1)
UNION ALL
 SELECT 'INV-18'::text AS invariant,
    COALESCE(r.account_id, ''::text) AS account_id,
    (d.delivery_id)::text AS subject,
    jsonb_build_object('request_id', d.request_id, 'state', d.state, 'leased_until', d.leased_until) AS evidence
   FROM (pay_private.delivery d
     JOIN pay.payment_request r USING (request_id))
  WHERE ((d.lease_token IS NOT NULL) AND (d.state = 'committing'::text) AND (d.leased_until < (now() - '00:15:00'::interval)))
UNION ALL
 SELECT 'INV-19'::text AS invariant,
    l.account_id,
    (d.delivery_id)::text AS subject,
    jsonb_build_object('request_id', d.request_id, 'link_id', l.link_id, 'off_at', l.deactivated_at, 'sent_at', t.started_at) AS evidence
   FROM ((pay_private.delivery d
     JOIN pay_private.payment_link l USING (link_id))
     JOIN pay_private.delivery_attempt t USING (delivery_id))
  WHERE ((t.outcome = 'accepted'::text) AND (l.deactivated_at < t.started_at) AND (NOT (EXISTS ( SELECT
           FROM (pay_private.delivery n
             JOIN pay_private.payment_link w USING (link_id))
          WHERE ((n.request_id = d.request_id) AND ((n.recipient)::text = (d.recipient)::text) AND (n.state = 'sent'::text) AND (n.accepted_at > t.started_at) AND (COALESCE(w.deactivated_at, 'infinity'::timestamp with time zone) >= n.accepted_at))))))
UNION ALL
 SELECT 'INV-20'::text AS invariant,
    c.account_id,
    c.charge_id AS subject,
    jsonb_build_object('amount', c.amount, 'currency', c.currency) AS evidence
   FROM (pay_private.charge c
     LEFT JOIN pay_private.currency u ON (((u.code)::text = c.currency)))
  WHERE ((u.code IS NULL) OR ((c.amount % (u.multiple_of)::bigint) <> 0))
UNION ALL
 SELECT 'INV-21'::text AS invariant,
    m.account_id,
    m.subject,
    jsonb_build_object('livemode', m.livemode) AS evidence
   FROM (( SELECT charge.account_id,
            charge.charge_id AS subject,
            charge.livemode
           FROM pay_private.charge
        UNION ALL
         SELECT dispute.account_id,
            dispute.dispute_id,
            dispute.livemode
           FROM pay_private.dispute
        UNION ALL
         SELECT payout.account_id,
            payout.payout_id,
            payout.livemode
           FROM pay_private.payout) m
     JOIN pay_private.integration i USING (account_id))
  WHERE (m.livemode <> i.livemode)
UNION ALL
 SELECT 'INV-22'::text AS invariant,
    q.account_id,
    q.object_id AS subject,
    jsonb_build_object('stream', q.stream, 'error', q.error, 'since', q.first_seen, 'attempts', q.attempts) AS evidence
   FROM pay_private.quarantine q
  WHERE (q.first_seen < (now() - '1 day'::interval))
UNION ALL
 SELECT 'INV-22'::text AS invariant,
    ''::text AS account_id,
    (r.run_id)::text AS subject,
    jsonb_build_object('job', r.job, 'state', r.state, 'failed', r.failed, 'alive_until', r.alive_until) AS evidence
   FROM pay_private.run r
  WHERE (((r.state = 'ok'::text) AND (r.failed > 0)) OR ((r.state = 'running'::text) AND (r.alive_until < (now() - '00:02:00'::interval))))
UNION ALL
 SELECT 'INV-23'::text AS invariant,
    d.account_id,
    (d.discrepancy_id)::text AS subject,
    jsonb_build_object('kind', d.kind, 'state', d.state, 'subject', d.subject) AS evidence
   FROM pay_private.discrepancy d
  WHERE (((d.state = 'repaired'::text) AND ((d.verified_at IS NULL) OR (d.verified_at < d.resolved_at))) OR ((d.state = 'open'::text) AND (d.detected_at < (now() -
        CASE
            WHEN (d.kind ~~ '%\_vanished'::text) THEN '10 days'::interval
            ELSE '1 day'::interval
        END))) OR ((d.state = ANY (ARRAY['explained'::text, 'accepted'::text])) AND (COALESCE(d.resolution, ''::text) = ''::text)))
UNION ALL
 SELECT 'INV-24'::text AS invariant,
    s.account_id,
    s.subject,
    jsonb_build_object('kind', s.kind, 'since', s.since) AS evidence
   FROM ( SELECT payout_sum.account_id,
            payout_sum.payout_id AS subject,
            'INV-07'::text AS kind,
            payout_sum.itemised_at AS since
           FROM pay_private.payout_sum
          WHERE ((payout_sum.amount <> payout_sum.items) OR (payout_sum.foreign_rows > 0))
        UNION ALL
         SELECT balance_sum.account_id,
            balance_sum.currency,
            'INV-08'::text,
            balance_sum.taken_at
           FROM pay_private.balance_sum
          WHERE (balance_sum.balance <> balance_sum.ledger)) s
  WHERE ((s.since < (now() - '1 day'::interval)) AND (NOT (EXISTS ( SELECT
           FROM pay_private.discrepancy d
          WHERE ((d.kind = s.kind) AND (d.account_id = s.account_id) AND (d.subject = s.subject) AND (d.state <> 'repaired'::text))))));

CREATE TRIGGER branding_pictures BEFORE INSERT ON pay.branding FOR EACH ROW WHEN (((new.logo IS NOT NULL) OR (new.icon IS NOT NULL))) EXECUTE FUNCTION pay_private.check_pictures();

CREATE TRIGGER collect_payment_file_fixed BEFORE UPDATE ON pay.collect_payment_file FOR EACH ROW WHEN (((CURRENT_USER <> 'pay_owner'::name) OR (((((old.file_id IS DISTINCT FROM new.file_id) OR (old.company IS DISTINCT FROM new.company)) OR (old.media_type IS DISTINCT FROM new.media_type)) OR (old.version IS DISTINCT FROM new.version)) OR (old.created_at IS DISTINCT FROM new.created_at)))) EXECUTE FUNCTION pay_private.refuse_change('a collect payment file never changes; add a new version');

CREATE TRIGGER collect_payment_file_number BEFORE INSERT ON pay.collect_payment_file FOR EACH ROW EXECUTE FUNCTION pay_private.number_collect_payment_file();

CREATE TRIGGER command_accept AFTER INSERT ON pay.command REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pay_private.accept_commands();

CREATE TRIGGER command_done AFTER UPDATE OF state ON pay.command FOR EACH ROW WHEN (((new.state = ANY (ARRAY['done'::text, 'failed'::text, 'cancelled'::text])) AND (old.state <> new.state))) EXECUTE FUNCTION pay_private.wake('pay_command_done');

CREATE TRIGGER command_fixed BEFORE UPDATE OF command_id, company, kind, email, country, account_id, confirmation, arguments, request_key, requested_by, created_at ON pay.command FOR EACH ROW WHEN (((((((((old.command_id IS DISTINCT FROM new.command_id) OR (old.company IS DISTINCT FROM new.company)) OR (old.kind IS DISTINCT FROM new.kind)) OR ((old.country)::text IS DISTINCT FROM (new.country)::text)) OR ((old.account_id)::text IS DISTINCT FROM (new.account_id)::text)) OR (old.requested_by IS DISTINCT FROM new.requested_by)) OR (old.created_at IS DISTINCT FROM new.created_at)) OR ((((((old.email)::text IS DISTINCT FROM (new.email)::text) OR ((old.confirmation)::text IS DISTINCT FROM (new.confirmation)::text)) OR (old.arguments IS DISTINCT FROM new.arguments)) OR ((old.request_key)::text IS DISTINCT FROM (new.request_key)::text)) AND (NOT ((CURRENT_USER = 'pay_owner'::name) AND (old.state <> 'running'::text) AND ((((new.email)::text = (old.email)::text) OR ((new.email)::text ~~ 'erased-%@invalid'::text)) IS NOT FALSE)))))) EXECUTE FUNCTION pay_private.refuse_change('what a command asks for never changes; insert another one');

CREATE TRIGGER command_forget_code AFTER UPDATE OF state ON pay.command FOR EACH ROW WHEN (((new.kind = 'complete_oauth'::text) AND (new.state = ANY (ARRAY['done'::text, 'failed'::text, 'cancelled'::text])))) EXECUTE FUNCTION pay_private.forget_oauth_code();

CREATE TRIGGER command_start BEFORE INSERT ON pay.command FOR EACH ROW EXECUTE FUNCTION pay_private.start_command();

CREATE TRIGGER mail_template_check BEFORE INSERT OR UPDATE ON pay.mail_template FOR EACH ROW EXECUTE FUNCTION pay_private.check_mail_template();

CREATE TRIGGER payment_request_accept AFTER INSERT ON pay.payment_request REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pay_private.accept_payment_requests();

CREATE TRIGGER payment_request_cancel AFTER UPDATE OF cancel_requested_at ON pay.payment_request FOR EACH ROW WHEN (((new.cancel_requested_at IS NOT NULL) AND (old.cancel_requested_at IS NULL))) EXECUTE FUNCTION pay_private.wake('pay_payment_request');

CREATE TRIGGER payment_request_changed AFTER UPDATE OF state ON pay.payment_request FOR EACH ROW WHEN ((new.state <> old.state)) EXECUTE FUNCTION pay_private.wake('pay_request_changed');

CREATE TRIGGER payment_request_close AFTER UPDATE OF state ON pay.payment_request FOR EACH ROW WHEN (((new.state <> old.state) AND (new.state = ANY (ARRAY['paid'::text, 'overpaid'::text, 'partially_paid'::text, 'cancelled'::text, 'expired'::text, 'failed'::text])))) EXECUTE FUNCTION pay_private.close_payment_request();

CREATE TRIGGER payment_request_fixed BEFORE UPDATE OF request_id, company, to_email, to_name, cc, reply_to, amount, currency, description, message, due_on, send_after, priority, multi_party, locale, request_key, collect_payment_file_id, metadata, reminders, receipt_to_payer, receipt_to_company, requested_by, created_at ON pay.payment_request FOR EACH ROW WHEN (((((((((((((((((old.request_id IS DISTINCT FROM new.request_id) OR (old.company IS DISTINCT FROM new.company)) OR (old.amount IS DISTINCT FROM new.amount)) OR ((old.currency)::text IS DISTINCT FROM (new.currency)::text)) OR (old.due_on IS DISTINCT FROM new.due_on)) OR (old.send_after IS DISTINCT FROM new.send_after)) OR (old.priority IS DISTINCT FROM new.priority)) OR (old.multi_party IS DISTINCT FROM new.multi_party)) OR ((old.locale)::text IS DISTINCT FROM (new.locale)::text)) OR (old.collect_payment_file_id IS DISTINCT FROM new.collect_payment_file_id)) OR (old.reminders IS DISTINCT FROM new.reminders)) OR (old.receipt_to_payer IS DISTINCT FROM new.receipt_to_payer)) OR (old.receipt_to_company IS DISTINCT FROM new.receipt_to_company)) OR (old.requested_by IS DISTINCT FROM new.requested_by)) OR (old.created_at IS DISTINCT FROM new.created_at)) OR ((((((((((old.to_email)::text IS DISTINCT FROM (new.to_email)::text) OR ((old.to_name)::text IS DISTINCT FROM (new.to_name)::text)) OR (old.cc IS DISTINCT FROM new.cc)) OR ((old.reply_to)::text IS DISTINCT FROM (new.reply_to)::text)) OR ((old.description)::text IS DISTINCT FROM (new.description)::text)) OR (old.message IS DISTINCT FROM new.message)) OR ((old.request_key)::text IS DISTINCT FROM (new.request_key)::text)) OR (old.metadata IS DISTINCT FROM new.metadata)) AND (NOT ((CURRENT_USER = 'pay_owner'::name) AND (((new.to_email)::text = (old.to_email)::text) OR ((new.to_email)::text ~~ 'erased-%@invalid'::text)) AND (((new.to_name)::text = (old.to_name)::text) IS NOT FALSE) AND ((((new.reply_to)::text = (old.reply_to)::text) OR ((new.reply_to)::text ~~ 'erased-%@invalid'::text)) IS NOT FALSE) AND (((new.message = old.message) OR (new.message ~~ '%erased-%@invalid%'::text)) IS NOT FALSE) AND (old.cc @> new.cc)))))) EXECUTE FUNCTION pay_private.refuse_change('what a payment request asks for never changes; cancel it and insert another one');

CREATE TRIGGER payment_request_link_wanted AFTER UPDATE OF link_wanted_at ON pay.payment_request FOR EACH ROW WHEN ((new.link_wanted_at < COALESCE(old.link_wanted_at, 'infinity'::timestamp with time zone))) EXECUTE FUNCTION pay_private.wake('pay_link_due');

CREATE TRIGGER payment_request_queue AFTER INSERT ON pay.payment_request REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pay_private.queue_payment_requests();

CREATE TRIGGER payment_request_start BEFORE INSERT ON pay.payment_request FOR EACH ROW WHEN (((new.requested_by IS DISTINCT FROM SESSION_USER) OR (new.created_at IS DISTINCT FROM now()) OR (new.state IS DISTINCT FROM 'open'::text) OR (new.reason_code IS NOT NULL) OR (new.reason_text IS NOT NULL) OR (new.account_id IS NOT NULL) OR (new.livemode IS NOT NULL) OR (new.paid_at IS NOT NULL) OR (new.amount_paid IS DISTINCT FROM 0) OR (new.cancel_requested_at IS NOT NULL) OR (new.link_wanted_at IS NOT NULL))) EXECUTE FUNCTION pay_private.start_payment_request();

CREATE TRIGGER suppression_erased BEFORE INSERT ON pay.suppression FOR EACH ROW EXECUTE FUNCTION pay_private.erase_words();

CREATE TRIGGER balance_transaction_erased BEFORE INSERT OR UPDATE OF description ON pay_private.balance_transaction FOR EACH ROW WHEN ((new.description IS NOT NULL)) EXECUTE FUNCTION pay_private.erase_ledger_row();

CREATE TRIGGER bounce_erased BEFORE INSERT ON pay_private.bounce FOR EACH ROW EXECUTE FUNCTION pay_private.erase_words();

CREATE TRIGGER charge_added AFTER INSERT ON pay_private.charge FOR EACH STATEMENT EXECUTE FUNCTION pay_private.wake('pay_payment');

CREATE TRIGGER charge_changed AFTER UPDATE ON pay_private.charge REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION pay_private.wake_if_changed('pay_payment');

CREATE TRIGGER charge_erased BEFORE INSERT OR UPDATE OF payer_name, payer_email, receipt_email, receipt_url, description, failure_message, request_id ON pay_private.charge FOR EACH ROW EXECUTE FUNCTION pay_private.erase_charge();

CREATE TRIGGER delivery_attempt_erased BEFORE UPDATE OF smtp_reply ON pay_private.delivery_attempt FOR EACH ROW WHEN ((new.smtp_reply ~~ '%@%'::text)) EXECUTE FUNCTION pay_private.erase_words();

CREATE TRIGGER delivery_changed AFTER UPDATE OF state ON pay_private.delivery FOR EACH ROW WHEN (((new.state <> old.state) AND (new.state = ANY (ARRAY['sent'::text, 'deferred'::text, 'failed'::text, 'in_doubt'::text, 'suppressed'::text, 'cancelled'::text, 'bounced'::text])))) EXECUTE FUNCTION pay_private.wake('pay_request_changed');

CREATE TRIGGER delivery_erased BEFORE UPDATE OF state, smtp_reply, reason_text ON pay_private.delivery FOR EACH ROW WHEN ((((new.recipient)::text ~~ 'erased-%@invalid'::text) OR ((new.state = ANY (ARRAY['ready'::text, 'deferred'::text])) AND (octet_length(new.message) = octet_length('This mail was erased.'::text))))) EXECUTE FUNCTION pay_private.erase_delivery();

CREATE TRIGGER delivery_erased_new BEFORE INSERT ON pay_private.delivery FOR EACH ROW EXECUTE FUNCTION pay_private.erase_delivery();

CREATE TRIGGER delivery_rest BEFORE INSERT OR UPDATE ON pay_private.delivery FOR EACH ROW WHEN (((new.state = ANY (ARRAY['sent'::text, 'failed'::text, 'in_doubt'::text, 'suppressed'::text, 'cancelled'::text, 'bounced'::text])) AND ((new.next_attempt_at IS NOT NULL) OR (new.lease_token IS NOT NULL)))) EXECUTE FUNCTION pay_private.rest_delivery();

CREATE TRIGGER delivery_sent AFTER UPDATE OF state ON pay_private.delivery FOR EACH ROW WHEN (((new.state = 'sent'::text) AND (old.state <> 'sent'::text) AND (new.kind = 'request'::text) AND (new.number = 1))) EXECUTE FUNCTION pay_private.queue_reminders();

CREATE TRIGGER delivery_suppressed AFTER INSERT ON pay_private.delivery FOR EACH ROW WHEN ((new.state = 'suppressed'::text)) EXECUTE FUNCTION pay_private.fail_suppressed();

CREATE TRIGGER integration_completed AFTER UPDATE OF stage ON pay_private.integration FOR EACH ROW WHEN (((new.stage = 'completed'::text) AND (old.stage <> 'completed'::text))) EXECUTE FUNCTION pay_private.wake_held_mails();

CREATE TRIGGER integration_requirements AFTER UPDATE OF currently_due, past_due, pending_verification, future_due, eventually_due, errors, current_deadline, future_deadline ON pay_private.integration FOR EACH ROW WHEN (((((((((old.currently_due IS DISTINCT FROM new.currently_due) OR (old.past_due IS DISTINCT FROM new.past_due)) OR (old.pending_verification IS DISTINCT FROM new.pending_verification)) OR (old.future_due IS DISTINCT FROM new.future_due)) OR (old.eventually_due IS DISTINCT FROM new.eventually_due)) OR (old.errors IS DISTINCT FROM new.errors)) OR (old.current_deadline IS DISTINCT FROM new.current_deadline)) OR (old.future_deadline IS DISTINCT FROM new.future_deadline))) EXECUTE FUNCTION pay_private.keep_requirements();

CREATE TRIGGER integration_warning_wake AFTER UPDATE OF warned_for ON pay_private.integration FOR EACH ROW WHEN ((old.warned_for IS DISTINCT FROM new.warned_for)) EXECUTE FUNCTION pay_private.wake('pay_stage');

CREATE TRIGGER payment_link_unwanted AFTER INSERT OR UPDATE OF wanted_active ON pay_private.payment_link FOR EACH ROW WHEN ((new.active AND (NOT new.wanted_active))) EXECUTE FUNCTION pay_private.wake('pay_link_due');

CREATE TRIGGER quarantine_erased BEFORE INSERT OR UPDATE OF raw, error ON pay_private.quarantine FOR EACH ROW EXECUTE FUNCTION pay_private.erase_quarantine();

CREATE TRIGGER stage_event_chain BEFORE INSERT ON pay_private.stage_event FOR EACH ROW EXECUTE FUNCTION pay_private.keep_stage_chain();

CREATE TRIGGER stage_event_fixed BEFORE DELETE OR UPDATE ON pay_private.stage_event FOR EACH ROW EXECUTE FUNCTION pay_private.refuse_change('the log of stages is only ever added to');

CREATE TRIGGER stage_event_wake AFTER INSERT ON pay_private.stage_event FOR EACH STATEMENT EXECUTE FUNCTION pay_private.wake('pay_stage');

ALTER TABLE ONLY pay.branding
    ADD CONSTRAINT branding_company_known FOREIGN KEY (company) REFERENCES pay.company(company);

ALTER TABLE ONLY pay.collect_payment_file
    ADD CONSTRAINT collect_payment_file_company_known FOREIGN KEY (company) REFERENCES pay.company(company);

ALTER TABLE ONLY pay.command
    ADD CONSTRAINT command_company_known FOREIGN KEY (company) REFERENCES pay.company(company);

ALTER TABLE ONLY pay.company
    ADD CONSTRAINT company_currency_known FOREIGN KEY (default_currency) REFERENCES pay_private.currency(code);

ALTER TABLE ONLY pay.mail_template
    ADD CONSTRAINT mail_template_company_known FOREIGN KEY (company) REFERENCES pay.company(company);

ALTER TABLE ONLY pay.payment_request
    ADD CONSTRAINT payment_request_company_known FOREIGN KEY (company) REFERENCES pay.company(company);

ALTER TABLE ONLY pay.payment_request
    ADD CONSTRAINT payment_request_file_of_company FOREIGN KEY (company, collect_payment_file_id) REFERENCES pay.collect_payment_file(company, file_id);

ALTER TABLE ONLY pay_private.bounce
    ADD CONSTRAINT bounce_delivery_known FOREIGN KEY (delivery_id) REFERENCES pay_private.delivery(delivery_id);

ALTER TABLE ONLY pay_private.delivery_attempt
    ADD CONSTRAINT delivery_attempt_delivery_known FOREIGN KEY (delivery_id) REFERENCES pay_private.delivery(delivery_id);

ALTER TABLE ONLY pay_private.delivery
    ADD CONSTRAINT delivery_link_known FOREIGN KEY (link_id) REFERENCES pay_private.payment_link(link_id);

ALTER TABLE ONLY pay_private.delivery
    ADD CONSTRAINT delivery_request_known FOREIGN KEY (request_id) REFERENCES pay.payment_request(request_id);

ALTER TABLE ONLY pay_private.integration
    ADD CONSTRAINT integration_company_known FOREIGN KEY (company) REFERENCES pay.company(company);

ALTER TABLE ONLY pay_private.oauth_code
    ADD CONSTRAINT oauth_code_command_known FOREIGN KEY (command_id) REFERENCES pay.command(command_id);

ALTER TABLE ONLY pay_private.oauth_state
    ADD CONSTRAINT oauth_state_command_known FOREIGN KEY (command_id) REFERENCES pay.command(command_id);

ALTER TABLE ONLY pay_private.oauth_state
    ADD CONSTRAINT oauth_state_company_known FOREIGN KEY (company) REFERENCES pay.company(company);

ALTER TABLE ONLY pay_private.oauth_state
    ADD CONSTRAINT oauth_state_used_by_known FOREIGN KEY (used_by) REFERENCES pay.command(command_id);

ALTER TABLE ONLY pay_private.payment_link
    ADD CONSTRAINT payment_link_request_known FOREIGN KEY (request_id) REFERENCES pay.payment_request(request_id);

ALTER TABLE ONLY pay_private.requirement
    ADD CONSTRAINT requirement_integration_known FOREIGN KEY (account_id) REFERENCES pay_private.integration(account_id);

ALTER TABLE ONLY pay_private.run
    ADD CONSTRAINT run_job_fkey FOREIGN KEY (job) REFERENCES pay_private.job(job);

ALTER TABLE ONLY pay_private.setting
    ADD CONSTRAINT setting_company_known FOREIGN KEY (company) REFERENCES pay.company(company);

ALTER TABLE ONLY pay_private.slice
    ADD CONSTRAINT slice_stream FOREIGN KEY (account_id, stream) REFERENCES pay_private.stream(account_id, stream) ON DELETE CASCADE;

ALTER TABLE ONLY pay_private.stage_event
    ADD CONSTRAINT stage_event_integration_known FOREIGN KEY (account_id) REFERENCES pay_private.integration(account_id);

ALTER TABLE ONLY pay_private.suspicion
    ADD CONSTRAINT suspicion_integration_known FOREIGN KEY (account_id) REFERENCES pay_private.integration(account_id);

GRANT USAGE ON SCHEMA pay TO pay_app;
GRANT USAGE ON SCHEMA pay TO pay_reader;
GRANT USAGE ON SCHEMA pay TO pay_operator;
GRANT USAGE ON SCHEMA pay TO pay_daemon;

GRANT USAGE ON SCHEMA pay_private TO pay_operator;
GRANT USAGE ON SCHEMA pay_private TO pay_daemon;

REVOKE ALL ON FUNCTION pay.add_collect_payment_file(company text, name text, media_type text, content bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.add_collect_payment_file(company text, name text, media_type text, content bytea) TO pay_app;

REVOKE ALL ON FUNCTION pay.cancel_command(command_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.cancel_command(command_id uuid) TO pay_app;
GRANT ALL ON FUNCTION pay.cancel_command(command_id uuid) TO pay_operator;

REVOKE ALL ON FUNCTION pay.cancel_payment_request(request_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.cancel_payment_request(request_id uuid) TO pay_app;
GRANT ALL ON FUNCTION pay.cancel_payment_request(request_id uuid) TO pay_operator;

REVOKE ALL ON FUNCTION pay.change_payment_request_expiry(request_id uuid, expires_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.change_payment_request_expiry(request_id uuid, expires_at timestamp with time zone) TO pay_app;

GRANT INSERT ON TABLE pay.command TO pay_app;
GRANT SELECT,INSERT,UPDATE ON TABLE pay.command TO pay_daemon;

GRANT SELECT(command_id) ON TABLE pay.command TO pay_app;

GRANT SELECT(seq) ON TABLE pay.command TO pay_app;

GRANT SELECT(company) ON TABLE pay.command TO pay_app;

GRANT SELECT(kind) ON TABLE pay.command TO pay_app;

GRANT SELECT(request_key) ON TABLE pay.command TO pay_app;

GRANT SELECT(requested_by) ON TABLE pay.command TO pay_app;

GRANT SELECT(created_at) ON TABLE pay.command TO pay_app;

GRANT SELECT(state) ON TABLE pay.command TO pay_app;

GRANT SELECT ON TABLE pay.commands TO pay_app;
GRANT SELECT ON TABLE pay.commands TO pay_daemon;

GRANT SELECT(command_id) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(command_id) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(seq) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(seq) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(company) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(company) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(kind) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(kind) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(email) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(email) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(country) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(country) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(account_id) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(account_id) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(request_key) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(request_key) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(requested_by) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(requested_by) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(created_at) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(created_at) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(state) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(state) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(result_account_id) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(result_account_id) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(error_code) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(error_code) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(error_text) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(error_text) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(attempts) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(attempts) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(run_after) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(run_after) ON TABLE pay.commands TO pay_operator;

GRANT SELECT(finished_at) ON TABLE pay.commands TO pay_reader;
GRANT SELECT(finished_at) ON TABLE pay.commands TO pay_operator;

REVOKE ALL ON FUNCTION pay.command_status(command_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.command_status(command_id uuid) TO pay_app;

REVOKE ALL ON FUNCTION pay.complete_oauth(company text, code text, state text, request_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.complete_oauth(company text, code text, state text, request_key text) TO pay_app;

REVOKE ALL ON FUNCTION pay.connect(company text, email text, country text, request_key text, existing boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.connect(company text, email text, country text, request_key text, existing boolean) TO pay_app;

REVOKE ALL ON FUNCTION pay.disconnect(company text, confirmation text, request_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.disconnect(company text, confirmation text, request_key text) TO pay_app;

REVOKE ALL ON FUNCTION pay.finalize(company text, request_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.finalize(company text, request_key text) TO pay_app;

REVOKE ALL ON FUNCTION pay.manage(company text, request_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.manage(company text, request_key text) TO pay_app;

GRANT SELECT ON TABLE pay_private.balance_transaction TO pay_operator;
GRANT SELECT,INSERT,UPDATE ON TABLE pay_private.balance_transaction TO pay_daemon;

GRANT SELECT ON TABLE pay_private.charge TO pay_operator;
GRANT SELECT,INSERT,UPDATE ON TABLE pay_private.charge TO pay_daemon;

GRANT SELECT ON TABLE pay_private.currency TO pay_operator;
GRANT SELECT ON TABLE pay_private.currency TO pay_daemon;

GRANT SELECT ON TABLE pay_private.dispute TO pay_operator;
GRANT SELECT,INSERT,UPDATE ON TABLE pay_private.dispute TO pay_daemon;

GRANT SELECT ON TABLE pay_private.integration TO pay_operator;
GRANT SELECT,INSERT,UPDATE ON TABLE pay_private.integration TO pay_daemon;

GRANT SELECT ON TABLE pay_private.payout TO pay_operator;
GRANT SELECT,INSERT,UPDATE ON TABLE pay_private.payout TO pay_daemon;

GRANT SELECT ON TABLE pay.my_payments TO pay_app;
GRANT SELECT ON TABLE pay.my_payments TO pay_reader;
GRANT SELECT ON TABLE pay.my_payments TO pay_operator;
GRANT SELECT ON TABLE pay.my_payments TO pay_daemon;

REVOKE ALL ON FUNCTION pay.my_payments(company text, filter jsonb, after text, page_size integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.my_payments(company text, filter jsonb, after text, page_size integer) TO pay_app;
GRANT ALL ON FUNCTION pay.my_payments(company text, filter jsonb, after text, page_size integer) TO pay_reader;
GRANT ALL ON FUNCTION pay.my_payments(company text, filter jsonb, after text, page_size integer) TO pay_operator;
GRANT ALL ON FUNCTION pay.my_payments(company text, filter jsonb, after text, page_size integer) TO pay_daemon;

REVOKE ALL ON FUNCTION pay.reconnect(company text, account_id text, email text, request_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.reconnect(company text, account_id text, email text, request_key text) TO pay_app;

REVOKE ALL ON FUNCTION pay.refresh(company text, request_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.refresh(company text, request_key text) TO pay_app;

REVOKE ALL ON FUNCTION pay.register_company(company text, name text, email text, locale text, country text, default_currency text, enabled boolean, admin_emails text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.register_company(company text, name text, email text, locale text, country text, default_currency text, enabled boolean, admin_emails text[]) TO pay_app;

REVOKE ALL ON FUNCTION pay.remind_payment_request(request_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.remind_payment_request(request_id uuid) TO pay_app;

REVOKE ALL ON FUNCTION pay.replace_payment_link(request_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.replace_payment_link(request_id uuid) TO pay_app;

REVOKE ALL ON FUNCTION pay.report_bounce(message_id text, recipient text, status text, diagnostic text, action text, report_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.report_bounce(message_id text, recipient text, status text, diagnostic text, action text, report_key text) TO pay_app;
GRANT ALL ON FUNCTION pay.report_bounce(message_id text, recipient text, status text, diagnostic text, action text, report_key text) TO pay_operator;

REVOKE ALL ON FUNCTION pay.request_payment(company text, to_email text, amount bigint, currency text, description text, request_key text, to_name text, message text, due_on date, expires_at timestamp with time zone, send_after timestamp with time zone, priority integer, multi_party boolean, locale text, reply_to text, collect_payment_file_id uuid, metadata jsonb, cc text[], reminders integer[], receipt_to_payer boolean, receipt_to_company boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.request_payment(company text, to_email text, amount bigint, currency text, description text, request_key text, to_name text, message text, due_on date, expires_at timestamp with time zone, send_after timestamp with time zone, priority integer, multi_party boolean, locale text, reply_to text, collect_payment_file_id uuid, metadata jsonb, cc text[], reminders integer[], receipt_to_payer boolean, receipt_to_company boolean) TO pay_app;

REVOKE ALL ON FUNCTION pay_private.metadata_ok(metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.metadata_ok(metadata jsonb) TO pay_app;
GRANT ALL ON FUNCTION pay_private.metadata_ok(metadata jsonb) TO pay_daemon;

GRANT INSERT ON TABLE pay.payment_request TO pay_app;
GRANT SELECT,UPDATE ON TABLE pay.payment_request TO pay_daemon;

GRANT SELECT(request_id) ON TABLE pay.payment_request TO pay_app;

GRANT SELECT(seq) ON TABLE pay.payment_request TO pay_app;

GRANT SELECT(company) ON TABLE pay.payment_request TO pay_app;

GRANT SELECT(request_key) ON TABLE pay.payment_request TO pay_app;

GRANT SELECT(requested_by) ON TABLE pay.payment_request TO pay_app;

GRANT SELECT(created_at) ON TABLE pay.payment_request TO pay_app;

GRANT SELECT(state) ON TABLE pay.payment_request TO pay_app;

GRANT SELECT,INSERT,UPDATE ON TABLE pay_private.delivery TO pay_daemon;

GRANT SELECT ON TABLE pay_private.payment_link TO pay_operator;
GRANT SELECT,INSERT,UPDATE ON TABLE pay_private.payment_link TO pay_daemon;

GRANT SELECT ON TABLE pay.payment_requests TO pay_app;
GRANT SELECT ON TABLE pay.payment_requests TO pay_reader;
GRANT SELECT ON TABLE pay.payment_requests TO pay_operator;
GRANT SELECT ON TABLE pay.payment_requests TO pay_daemon;

REVOKE ALL ON FUNCTION pay.request_status(request_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.request_status(request_id uuid) TO pay_app;
GRANT ALL ON FUNCTION pay.request_status(request_id uuid) TO pay_reader;
GRANT ALL ON FUNCTION pay.request_status(request_id uuid) TO pay_operator;

REVOKE ALL ON FUNCTION pay.resend_payment_request(request_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.resend_payment_request(request_id uuid) TO pay_app;
GRANT ALL ON FUNCTION pay.resend_payment_request(request_id uuid) TO pay_operator;

REVOKE ALL ON FUNCTION pay.set_branding(company text, kind text, display_name text, primary_color text, secondary_color text, logo bytea, logo_media_type text, icon bytea, icon_media_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.set_branding(company text, kind text, display_name text, primary_color text, secondary_color text, logo bytea, logo_media_type text, icon bytea, icon_media_type text) TO pay_app;

REVOKE ALL ON FUNCTION pay.set_mail_template(company text, kind text, subject text, body_text text, body_html text, locale text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.set_mail_template(company text, kind text, subject text, body_text text, body_html text, locale text) TO pay_app;

REVOKE ALL ON FUNCTION pay.unsuppress(email text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.unsuppress(email text) TO pay_app;
GRANT ALL ON FUNCTION pay.unsuppress(email text) TO pay_operator;

REVOKE ALL ON FUNCTION pay.update_branding(company text, kind text, display_name text, primary_color text, secondary_color text, logo bytea, logo_media_type text, icon bytea, icon_media_type text, request_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.update_branding(company text, kind text, display_name text, primary_color text, secondary_color text, logo bytea, logo_media_type text, icon bytea, icon_media_type text, request_key text) TO pay_app;

REVOKE ALL ON FUNCTION pay.update_settings(company text, default_currency text, statement_descriptor text, payment_methods text[], application_fee_percent numeric, application_fee_fixed jsonb, request_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay.update_settings(company text, default_currency text, statement_descriptor text, payment_methods text[], application_fee_percent numeric, application_fee_fixed jsonb, request_key text) TO pay_app;

REVOKE ALL ON FUNCTION pay_private.accept_commands() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.accept_discrepancy(discrepancy_id bigint, words text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.accept_discrepancy(discrepancy_id bigint, words text) TO pay_operator;

REVOKE ALL ON FUNCTION pay_private.accept_payment_requests() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.application_fee(company text, amount bigint, currency text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.application_fee(company text, amount bigint, currency text) TO pay_operator;
GRANT ALL ON FUNCTION pay_private.application_fee(company text, amount bigint, currency text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.as_email(address text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.as_email(address text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.backfill(company text, back_to timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.backfill(company text, back_to timestamp with time zone) TO pay_operator;

REVOKE ALL ON FUNCTION pay_private.backfill_plan(company text, back_to timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.backfill_plan(company text, back_to timestamp with time zone) TO pay_operator;
GRANT ALL ON FUNCTION pay_private.backfill_plan(company text, back_to timestamp with time zone) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.bad_argument(rule text, said text, missing text) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.blot(body text, words text[], pseudonym text) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.charge_words(charge_id text, description text, payer_name text, payer_email text, last4 text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.charge_words(charge_id text, description text, payer_name text, payer_email text, last4 text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.check_mail_template() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.check_pictures() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.clear_fuse() FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.clear_fuse() TO pay_operator;

REVOKE ALL ON FUNCTION pay_private.close_payment_request() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.disconnect(account_id text, cause text, disconnected_by text, stripe_request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.disconnect(account_id text, cause text, disconnected_by text, stripe_request_id text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.draw_sample(size integer, pause interval) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.draw_sample(size integer, pause interval) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.due_deliveries(wanted integer, after text, held text[], OUT ids uuid[], OUT last_company text, OUT more boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.due_deliveries(wanted integer, after text, held text[], OUT ids uuid[], OUT last_company text, OUT more boolean) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.due_words(account_id text, deadline timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.due_words(account_id text, deadline timestamp with time zone) TO pay_app;
GRANT ALL ON FUNCTION pay_private.due_words(account_id text, deadline timestamp with time zone) TO pay_reader;
GRANT ALL ON FUNCTION pay_private.due_words(account_id text, deadline timestamp with time zone) TO pay_operator;
GRANT ALL ON FUNCTION pay_private.due_words(account_id text, deadline timestamp with time zone) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.enqueue_command(company text, kind text, request_key text, email text, country text, account_id text, confirmation text, arguments jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.erase_charge() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.erase_delivery() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.erase_ledger_row() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.erase_quarantine() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.erase_subject(email text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.erase_subject(email text) TO pay_operator;

REVOKE ALL ON FUNCTION pay_private.erase_words() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.erased_as(address text) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.error_bound(sampled bigint, differed bigint, confidence double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.error_bound(sampled bigint, differed bigint, confidence double precision) TO pay_reader;
GRANT ALL ON FUNCTION pay_private.error_bound(sampled bigint, differed bigint, confidence double precision) TO pay_operator;
GRANT ALL ON FUNCTION pay_private.error_bound(sampled bigint, differed bigint, confidence double precision) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.fail_request_of(delivery_id uuid, reason_code text, reason_text text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.fail_request_of(delivery_id uuid, reason_code text, reason_text text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.fail_suppressed() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.filter_value(filter jsonb, name text, type text) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.forget_oauth_code() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.fuse_lets_pass(changes integer, accounts integer, share numeric, at_least integer, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.fuse_lets_pass(changes integer, accounts integer, share numeric, at_least integer, reason text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.holds(body text, forms text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.is_judged(kind text, account_id text, subject text) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.keep_requirements() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.keep_stage_chain() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.known_job(job text) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.last_seen(i pay_private.integration) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.last_seen(i pay_private.integration) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.lock_request(request_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.mail_texts(company text, kind text, locale text, OUT locale_of_text text, OUT subject text, OUT body_text text, OUT body_html text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.mail_texts(company text, kind text, locale text, OUT locale_of_text text, OUT subject text, OUT body_text text, OUT body_html text) TO pay_operator;
GRANT ALL ON FUNCTION pay_private.mail_texts(company text, kind text, locale text, OUT locale_of_text text, OUT subject text, OUT body_text text, OUT body_html text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.mail_under_way(request pay.payment_request) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.next_check(created timestamp with time zone, may_change_until timestamp with time zone, not_before timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.next_check(created timestamp with time zone, may_change_until timestamp with time zone, not_before timestamp with time zone) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.not_open(request pay.payment_request, wanted text) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.note_settings(account_id text, shown jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.note_settings(account_id text, shown jsonb) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.number_collect_payment_file() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.pause_job(job text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.pause_job(job text, reason text) TO pay_operator;
GRANT ALL ON FUNCTION pay_private.pause_job(job text, reason text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.picture_size(picture bytea, OUT width integer, OUT height integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.pseudonym(address text) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.queue_mail(request pay.payment_request, kind text) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.queue_payment_requests() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.queue_reminders() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.read_again(account_id text, stream text, object_ids text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.record_stage(account_id text, to_stage text, detail text, blocker text, cause text, stripe_request_id text, observed_at timestamp with time zone, seen_before timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.record_stage(account_id text, to_stage text, detail text, blocker text, cause text, stripe_request_id text, observed_at timestamp with time zone, seen_before timestamp with time zone) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.record_violations(OUT broken integer, OUT repaired integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.record_violations(OUT broken integer, OUT repaired integer) TO pay_operator;
GRANT ALL ON FUNCTION pay_private.record_violations(OUT broken integer, OUT repaired integer) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.refuse_change() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.refuse_disabled(company text) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.repair(discrepancy_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.repair(discrepancy_id bigint) TO pay_operator;

GRANT SELECT ON TABLE pay_private.discrepancy TO pay_operator;
GRANT SELECT,INSERT,UPDATE ON TABLE pay_private.discrepancy TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.repair_by_reading(d pay_private.discrepancy) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.repair_by_walking(d pay_private.discrepancy) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.repair_coverage(d pay_private.discrepancy) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.repair_payout(d pay_private.discrepancy) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.repair_run(d pay_private.discrepancy) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.repair_stage_log(d pay_private.discrepancy) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.requeue_mail(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.requeue_mail(id uuid) TO pay_operator;

REVOKE ALL ON FUNCTION pay_private.resolve_mail(id uuid, arrived boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.resolve_mail(id uuid, arrived boolean) TO pay_operator;

REVOKE ALL ON FUNCTION pay_private.rest_delivery() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.restage(account_id text, cause text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.restage(account_id text, cause text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.resume_job(job text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.resume_job(job text) TO pay_operator;
GRANT ALL ON FUNCTION pay_private.resume_job(job text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.retire_links(request_id uuid, why text) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.returned_delivery(message_id text, request_id text, kind text, recipient text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.returned_delivery(message_id text, request_id text, kind text, recipient text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.run_job(job text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.run_job(job text) TO pay_operator;
GRANT ALL ON FUNCTION pay_private.run_job(job text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.scrub(body text) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.settle_abandoned(resend boolean, OUT delivery_id uuid, OUT request_id uuid, OUT verdict text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.settle_abandoned(resend boolean, OUT delivery_id uuid, OUT request_id uuid, OUT verdict text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.stage_rule(details_submitted boolean, charges_enabled boolean, payouts_enabled boolean, currently_due boolean, past_due boolean, pending_verification boolean, errors boolean, due_soon boolean, disabled_reason text, access_revoked boolean, ever_completed boolean, flow_open boolean, OUT stage text, OUT detail text, OUT blocker text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.stage_rule(details_submitted boolean, charges_enabled boolean, payouts_enabled boolean, currently_due boolean, past_due boolean, pending_verification boolean, errors boolean, due_soon boolean, disabled_reason text, access_revoked boolean, ever_completed boolean, flow_open boolean, OUT stage text, OUT detail text, OUT blocker text) TO pay_operator;
GRANT ALL ON FUNCTION pay_private.stage_rule(details_submitted boolean, charges_enabled boolean, payouts_enabled boolean, currently_due boolean, past_due boolean, pending_verification boolean, errors boolean, due_soon boolean, disabled_reason text, access_revoked boolean, ever_completed boolean, flow_open boolean, OUT stage text, OUT detail text, OUT blocker text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.start_command() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.start_payment_request() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.stream_of(object_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.stream_of(object_id text) TO pay_operator;

REVOKE ALL ON FUNCTION pay_private.stripe_keeps(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.stripe_keeps(name text) TO pay_app;
GRANT ALL ON FUNCTION pay_private.stripe_keeps(name text) TO pay_reader;
GRANT ALL ON FUNCTION pay_private.stripe_keeps(name text) TO pay_operator;
GRANT ALL ON FUNCTION pay_private.stripe_keeps(name text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.take_bounce(source text, message_id text, request_id text, kind text, recipient text, action text, status text, diagnostic text) FROM PUBLIC;
GRANT ALL ON FUNCTION pay_private.take_bounce(source text, message_id text, request_id text, kind text, recipient text, action text, status text, diagnostic text) TO pay_daemon;

REVOKE ALL ON FUNCTION pay_private.template_html_problem(template text) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.template_names(kind text) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.template_tags_problem(names text[], template text) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.wake() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.wake_held_mails() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.wake_if_changed() FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.walk_again(account_id text, stream text, since timestamp with time zone, until timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.want_setting(company text, name text, desired jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION pay_private.word_forms(words text[]) FROM PUBLIC;

GRANT SELECT ON TABLE pay_private.setting TO pay_operator;
GRANT SELECT,UPDATE ON TABLE pay_private.setting TO pay_daemon;

GRANT SELECT ON TABLE pay.settings TO pay_app;
GRANT SELECT ON TABLE pay.settings TO pay_reader;
GRANT SELECT ON TABLE pay.settings TO pay_operator;
GRANT SELECT ON TABLE pay.settings TO pay_daemon;

GRANT SELECT ON TABLE pay_private.fuse TO pay_operator;
GRANT SELECT,UPDATE ON TABLE pay_private.fuse TO pay_daemon;

GRANT SELECT ON TABLE pay_private.suspicion TO pay_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pay_private.suspicion TO pay_daemon;

GRANT SELECT ON TABLE pay.alarms TO pay_reader;
GRANT SELECT ON TABLE pay.alarms TO pay_operator;
GRANT SELECT ON TABLE pay.alarms TO pay_daemon;

GRANT SELECT ON TABLE pay_private.audited TO pay_operator;
GRANT SELECT,INSERT,DELETE ON TABLE pay_private.audited TO pay_daemon;

GRANT SELECT ON TABLE pay.audit TO pay_reader;
GRANT SELECT ON TABLE pay.audit TO pay_operator;
GRANT SELECT ON TABLE pay.audit TO pay_daemon;

GRANT SELECT ON TABLE pay_private.bounce TO pay_operator;
GRANT SELECT,INSERT ON TABLE pay_private.bounce TO pay_daemon;

GRANT SELECT ON TABLE pay.bounces TO pay_app;
GRANT SELECT ON TABLE pay.bounces TO pay_reader;
GRANT SELECT ON TABLE pay.bounces TO pay_operator;
GRANT SELECT ON TABLE pay.bounces TO pay_daemon;

GRANT SELECT,INSERT ON TABLE pay.branding TO pay_app;
GRANT SELECT ON TABLE pay.branding TO pay_operator;
GRANT SELECT ON TABLE pay.branding TO pay_daemon;

GRANT SELECT,INSERT ON TABLE pay.collect_payment_file TO pay_app;
GRANT SELECT ON TABLE pay.collect_payment_file TO pay_operator;
GRANT SELECT ON TABLE pay.collect_payment_file TO pay_daemon;

GRANT SELECT,INSERT ON TABLE pay.company TO pay_app;
GRANT SELECT ON TABLE pay.company TO pay_operator;
GRANT SELECT ON TABLE pay.company TO pay_daemon;

GRANT UPDATE(name) ON TABLE pay.company TO pay_app;

GRANT UPDATE(email) ON TABLE pay.company TO pay_app;

GRANT UPDATE(locale) ON TABLE pay.company TO pay_app;

GRANT UPDATE(country) ON TABLE pay.company TO pay_app;

GRANT UPDATE(default_currency) ON TABLE pay.company TO pay_app;

GRANT UPDATE(enabled) ON TABLE pay.company TO pay_app;

GRANT UPDATE(updated_at) ON TABLE pay.company TO pay_app;

GRANT UPDATE(admin_emails) ON TABLE pay.company TO pay_app;

GRANT UPDATE(mail_account) ON TABLE pay.company TO pay_app;

GRANT SELECT ON TABLE pay.coverage TO pay_app;
GRANT SELECT ON TABLE pay.coverage TO pay_reader;
GRANT SELECT ON TABLE pay.coverage TO pay_operator;
GRANT SELECT ON TABLE pay.coverage TO pay_daemon;

GRANT SELECT ON TABLE pay_private.delivery_attempt TO pay_operator;
GRANT SELECT,INSERT,UPDATE ON TABLE pay_private.delivery_attempt TO pay_daemon;

GRANT SELECT ON TABLE pay.deliveries TO pay_app;
GRANT SELECT ON TABLE pay.deliveries TO pay_reader;
GRANT SELECT ON TABLE pay.deliveries TO pay_operator;
GRANT SELECT ON TABLE pay.deliveries TO pay_daemon;

GRANT SELECT ON TABLE pay_private.invariant TO pay_operator;
GRANT SELECT ON TABLE pay_private.invariant TO pay_daemon;

GRANT SELECT ON TABLE pay.discrepancies TO pay_reader;
GRANT SELECT ON TABLE pay.discrepancies TO pay_operator;
GRANT SELECT ON TABLE pay.discrepancies TO pay_daemon;

GRANT SELECT ON TABLE pay.disputes TO pay_app;
GRANT SELECT ON TABLE pay.disputes TO pay_reader;
GRANT SELECT ON TABLE pay.disputes TO pay_operator;
GRANT SELECT ON TABLE pay.disputes TO pay_daemon;

GRANT SELECT ON TABLE pay.integrations TO pay_app;
GRANT SELECT ON TABLE pay.integrations TO pay_reader;
GRANT SELECT ON TABLE pay.integrations TO pay_operator;
GRANT SELECT ON TABLE pay.integrations TO pay_daemon;

GRANT SELECT ON TABLE pay_private.job TO pay_operator;
GRANT SELECT,INSERT,UPDATE ON TABLE pay_private.job TO pay_daemon;

GRANT SELECT ON TABLE pay_private.run TO pay_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pay_private.run TO pay_daemon;

GRANT SELECT ON TABLE pay.jobs TO pay_reader;
GRANT SELECT ON TABLE pay.jobs TO pay_operator;
GRANT SELECT ON TABLE pay.jobs TO pay_daemon;

GRANT SELECT,INSERT,DELETE ON TABLE pay.mail_template TO pay_app;
GRANT SELECT ON TABLE pay.mail_template TO pay_operator;
GRANT SELECT ON TABLE pay.mail_template TO pay_daemon;

GRANT UPDATE(subject) ON TABLE pay.mail_template TO pay_app;

GRANT UPDATE(body_text) ON TABLE pay.mail_template TO pay_app;

GRANT UPDATE(body_html) ON TABLE pay.mail_template TO pay_app;

GRANT SELECT ON TABLE pay_private.chain_start TO pay_operator;
GRANT SELECT ON TABLE pay_private.chain_start TO pay_daemon;

GRANT SELECT ON TABLE pay_private.charge_history TO pay_operator;
GRANT SELECT,INSERT ON TABLE pay_private.charge_history TO pay_daemon;

GRANT SELECT ON TABLE pay.payment_history TO pay_app;
GRANT SELECT ON TABLE pay.payment_history TO pay_reader;
GRANT SELECT ON TABLE pay.payment_history TO pay_operator;
GRANT SELECT ON TABLE pay.payment_history TO pay_daemon;

GRANT SELECT ON TABLE pay.payment_to_bank TO pay_app;
GRANT SELECT ON TABLE pay.payment_to_bank TO pay_reader;
GRANT SELECT ON TABLE pay.payment_to_bank TO pay_operator;
GRANT SELECT ON TABLE pay.payment_to_bank TO pay_daemon;

GRANT SELECT ON TABLE pay.payment_totals TO pay_app;
GRANT SELECT ON TABLE pay.payment_totals TO pay_reader;
GRANT SELECT ON TABLE pay.payment_totals TO pay_operator;
GRANT SELECT ON TABLE pay.payment_totals TO pay_daemon;

GRANT SELECT ON TABLE pay.payouts TO pay_app;
GRANT SELECT ON TABLE pay.payouts TO pay_reader;
GRANT SELECT ON TABLE pay.payouts TO pay_operator;
GRANT SELECT ON TABLE pay.payouts TO pay_daemon;

GRANT SELECT ON TABLE pay_private.application_fee TO pay_operator;
GRANT SELECT,INSERT,UPDATE ON TABLE pay_private.application_fee TO pay_daemon;

GRANT SELECT ON TABLE pay.platform_fees TO pay_app;
GRANT SELECT ON TABLE pay.platform_fees TO pay_reader;
GRANT SELECT ON TABLE pay.platform_fees TO pay_operator;
GRANT SELECT ON TABLE pay.platform_fees TO pay_daemon;

GRANT SELECT ON TABLE pay_private.refund TO pay_operator;
GRANT SELECT,INSERT,UPDATE ON TABLE pay_private.refund TO pay_daemon;

GRANT SELECT ON TABLE pay.refunds TO pay_app;
GRANT SELECT ON TABLE pay.refunds TO pay_reader;
GRANT SELECT ON TABLE pay.refunds TO pay_operator;
GRANT SELECT ON TABLE pay.refunds TO pay_daemon;

GRANT SELECT ON TABLE pay_private.requirement TO pay_operator;
GRANT SELECT ON TABLE pay_private.requirement TO pay_daemon;

GRANT SELECT ON TABLE pay_private.requirement_word TO pay_operator;
GRANT SELECT ON TABLE pay_private.requirement_word TO pay_daemon;

GRANT SELECT ON TABLE pay.requirements TO pay_app;
GRANT SELECT ON TABLE pay.requirements TO pay_reader;
GRANT SELECT ON TABLE pay.requirements TO pay_operator;
GRANT SELECT ON TABLE pay.requirements TO pay_daemon;

GRANT SELECT ON TABLE pay.runs TO pay_reader;
GRANT SELECT ON TABLE pay.runs TO pay_operator;
GRANT SELECT ON TABLE pay.runs TO pay_daemon;

GRANT SELECT ON TABLE pay_private.stage_event TO pay_operator;
GRANT SELECT,INSERT ON TABLE pay_private.stage_event TO pay_daemon;

GRANT SELECT ON TABLE pay.stage_detection TO pay_reader;
GRANT SELECT ON TABLE pay.stage_detection TO pay_operator;
GRANT SELECT ON TABLE pay.stage_detection TO pay_daemon;

GRANT SELECT ON TABLE pay.stage_history TO pay_app;
GRANT SELECT ON TABLE pay.stage_history TO pay_reader;
GRANT SELECT ON TABLE pay.stage_history TO pay_operator;
GRANT SELECT ON TABLE pay.stage_history TO pay_daemon;

GRANT SELECT,INSERT,DELETE ON TABLE pay.suppression TO pay_app;
GRANT SELECT,INSERT,DELETE ON TABLE pay.suppression TO pay_operator;
GRANT SELECT,INSERT ON TABLE pay.suppression TO pay_daemon;

GRANT SELECT ON TABLE pay_private.balance_snapshot TO pay_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pay_private.balance_snapshot TO pay_daemon;

GRANT SELECT ON TABLE pay_private.coverage TO pay_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pay_private.coverage TO pay_daemon;

GRANT SELECT ON TABLE pay_private.balance_sum TO pay_operator;
GRANT SELECT ON TABLE pay_private.balance_sum TO pay_daemon;

GRANT SELECT ON TABLE pay_private.balance_transaction_fee TO pay_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pay_private.balance_transaction_fee TO pay_daemon;

GRANT SELECT ON TABLE pay_private.daemon TO pay_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pay_private.daemon TO pay_daemon;

GRANT SELECT ON TABLE pay_private.erased TO pay_operator;

GRANT SELECT ON TABLE pay_private.hole TO pay_operator;
GRANT SELECT ON TABLE pay_private.hole TO pay_daemon;

GRANT SELECT ON TABLE pay_private.integration_rule TO pay_operator;
GRANT SELECT ON TABLE pay_private.integration_rule TO pay_daemon;

GRANT USAGE ON SEQUENCE pay_private.lease_token TO pay_daemon;

GRANT SELECT,INSERT,DELETE ON TABLE pay_private.oauth_code TO pay_daemon;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pay_private.oauth_state TO pay_daemon;

GRANT SELECT ON TABLE pay_private.payout_sum TO pay_operator;
GRANT SELECT ON TABLE pay_private.payout_sum TO pay_daemon;

GRANT SELECT ON TABLE pay_private.quarantine TO pay_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pay_private.quarantine TO pay_daemon;

GRANT SELECT ON TABLE pay_private.repair_plan TO pay_operator;
GRANT SELECT ON TABLE pay_private.repair_plan TO pay_daemon;

GRANT SELECT ON TABLE pay_private.request_detail TO pay_operator;
GRANT SELECT ON TABLE pay_private.request_detail TO pay_daemon;

GRANT SELECT ON TABLE pay_private.reread TO pay_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pay_private.reread TO pay_daemon;

GRANT SELECT ON TABLE pay_private.slice TO pay_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pay_private.slice TO pay_daemon;

GRANT SELECT ON TABLE pay_private.stream TO pay_operator;
GRANT SELECT,INSERT,UPDATE ON TABLE pay_private.stream TO pay_daemon;

GRANT SELECT,INSERT,UPDATE ON TABLE pay_private.stripe_call TO pay_daemon;

GRANT SELECT,INSERT ON TABLE pay_private.stripe_file TO pay_daemon;

GRANT SELECT ON TABLE pay_private.sweep TO pay_operator;
GRANT SELECT,UPDATE ON TABLE pay_private.sweep TO pay_daemon;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pay_private.swept_account TO pay_daemon;

GRANT SELECT ON TABLE pay_private.violation TO pay_operator;
GRANT SELECT ON TABLE pay_private.violation TO pay_daemon;

ALTER DEFAULT PRIVILEGES FOR ROLE pay_owner REVOKE ALL ON FUNCTIONS  FROM PUBLIC;

