-- SPDX-License-Identifier: MIT
-- The erasure of one address, table by table.

CREATE OR REPLACE FUNCTION pay_private.erase_subject(email text) RETURNS TABLE (what text, rows bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    address CONSTANT text := lower(as_email(erase_subject.email) COLLATE "C");
    who text;
    forms text[];
    needle text COLLATE "C";
    names text[];
    words text[];
    theirs uuid[];   -- requests to the address
    touched uuid[];  -- and those with it in cc or as the reply-to address
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
    -- One erasure at a time; another one waits here, before it locks any row.
    LOCK TABLE erased IN SHARE ROW EXCLUSIVE MODE;
    who := pseudonym(address);
    forms := word_forms(ARRAY[address]);
    -- Letters and digits are the same in every spelling. The longest run of them is looked for first, because it costs little.
    needle := coalesce((SELECT m[1] FROM regexp_matches(address, '([a-z0-9]+)', 'g') m ORDER BY length(m[1]) DESC LIMIT 1), '');
    erased_before := EXISTS (SELECT FROM erased e WHERE e.pseudonym = who);
    IF NOT erased_before THEN
        INSERT INTO erased (pseudonym) VALUES (who);
    END IF;

    theirs := ARRAY(SELECT r.request_id FROM payment_request r WHERE lower(r.to_email COLLATE "C") = address);
    touched := theirs || ARRAY(SELECT r.request_id FROM payment_request r
                                WHERE lower(r.to_email COLLATE "C") <> address
                                  AND (lower(r.reply_to COLLATE "C") = address OR address = ANY (lower(r.cc::text COLLATE "C")::text[])));
    -- Requests before their deliveries: the order in which all transactions lock them.
    PERFORM FROM payment_request r WHERE r.request_id = ANY (touched) ORDER BY r.request_id FOR NO KEY UPDATE;
    payments := ARRAY(SELECT c.charge_id FROM charge c
                       WHERE lower(c.payer_email COLLATE "C") = address OR lower(c.receipt_email COLLATE "C") = address
                          OR (c.request_id = ANY (theirs) AND c.payer_email IS NULL AND c.receipt_email IS NULL));
    names := ARRAY(SELECT DISTINCT btrim(k.name)
                     FROM (SELECT r.to_name::text FROM payment_request r WHERE r.request_id = ANY (theirs)
                           UNION ALL
                           SELECT c.payer_name FROM charge c WHERE c.charge_id = ANY (payments)) k (name)
                    WHERE length(btrim(k.name)) > 2 AND k.name NOT LIKE 'erased-%@invalid');
    -- Payments by another address under the same name.
    payments := payments || ARRAY(SELECT c.charge_id FROM charge c
                                   WHERE c.request_id = ANY (theirs) AND c.charge_id <> ALL (payments)
                                     AND lower(btrim(c.payer_name)) = ANY (SELECT lower(k) FROM unnest(names) k));
    words := names || address;

    -- Stop sending: requests that were not sent are cancelled, and so their links are switched off.
    done := done || jsonb_build_object('mails stopped', (
        SELECT count(*) FROM delivery d
         WHERE lower(d.recipient COLLATE "C") = address AND d.state IN ('queued', 'ready', 'sending', 'deferred')));
    n := 0;
    FOR id IN
        SELECT r.request_id FROM payment_request r
         WHERE r.request_id = ANY (theirs) AND r.closed_as IS NULL
           AND (r.multi_party OR r.state IN ('open', 'partially_paid', 'processing', 'authorized'))
           AND NOT EXISTS (SELECT FROM delivery d WHERE d.request_id = r.request_id AND d.kind = 'request'
                              AND d.recipient = r.to_email AND d.state IN ('sent', 'committing', 'in_doubt', 'bounced'))
         ORDER BY r.request_id
    LOOP
        PERFORM cancel_payment_request(id);
        n := n + 1;
    END LOOP;
    done := done || jsonb_build_object('payment requests cancelled', n);
    UPDATE command c SET state = 'cancelled', finished_at = now() WHERE lower(c.email COLLATE "C") = address AND c.state = 'queued';
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('commands cancelled', n);
    UPDATE delivery d SET state = 'cancelled', reason_code = NULL, reason_text = NULL
     WHERE lower(d.recipient COLLATE "C") = address AND d.state IN ('queued', 'ready', 'sending', 'deferred');

    -- Messages to the person, and to others about the person's requests, payments and copies.
    WITH about AS (
        SELECT d.delivery_id, lower(d.recipient COLLATE "C") = address AS own,
               -- Two spellings of the address in one request remain two recipients.
               dense_rank() OVER (PARTITION BY d.request_id, lower(d.recipient COLLATE "C") ORDER BY d.recipient) AS spelling
          FROM delivery d
         WHERE d.request_id = ANY (touched) OR d.charge_id = ANY (payments) OR lower(d.recipient COLLATE "C") = address)
    UPDATE delivery d
       SET recipient = CASE WHEN NOT a.own THEN d.recipient WHEN a.spelling = 1 THEN who
                            ELSE replace(who, '@', '+' || a.spelling || '@') END,
           state = CASE WHEN d.state IN ('ready', 'sending', 'deferred') THEN 'queued' ELSE d.state END,
           lease_token = CASE WHEN d.state NOT IN ('ready', 'sending') THEN d.lease_token END,
           leased_until = CASE WHEN d.state NOT IN ('ready', 'sending') THEN d.leased_until END,
           leased_by = CASE WHEN d.state NOT IN ('ready', 'sending') THEN d.leased_by END,
           smtp_reply = replace_words(d.smtp_reply, words, who), reason_text = replace_words(d.reason_text, words, who)
      FROM about a
     WHERE d.delivery_id = a.delivery_id
       AND (a.own OR EXISTS (SELECT FROM message m WHERE m.message_key = d.message_key AND m.bytes IS NOT NULL)
            OR replace_words(concat_ws(' ', d.smtp_reply, d.reason_text), words, who) <> concat_ws(' ', d.smtp_reply, d.reason_text));
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.delivery', n);
    WITH RECURSIVE theirs AS (
        SELECT d.message_key FROM delivery d
         WHERE (d.request_id = ANY (touched) OR d.charge_id = ANY (payments) OR d.recipient LIKE replace(who, '@invalid', '%'))
           AND d.message_key IS NOT NULL
        UNION
        SELECT m.replaces FROM theirs t JOIN message m USING (message_key) WHERE m.replaces IS NOT NULL)
    UPDATE message m SET bytes = NULL, sha256 = NULL
      FROM theirs t WHERE m.message_key = t.message_key AND m.sha256 IS NOT NULL;
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.message', n);

    UPDATE bounce b
       SET recipient = CASE WHEN lower(b.recipient COLLATE "C") = address THEN who ELSE replace_words(b.recipient, words, who) END,
           diagnostic = replace_words(b.diagnostic, words, who), source = replace_words(b.source, words, who)
      FROM delivery d
     WHERE d.delivery_id = b.delivery_id AND (d.recipient LIKE replace(who, '@invalid', '%') OR d.request_id = ANY (touched))
       AND replace_words(concat_ws(' ', b.recipient, b.diagnostic, b.source), words, who) <> concat_ws(' ', b.recipient, b.diagnostic, b.source);
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.bounce', n);
    UPDATE delivery_attempt t SET smtp_reply = replace_words(t.smtp_reply, words, who)
      FROM delivery d
     WHERE d.delivery_id = t.delivery_id AND (d.recipient LIKE replace(who, '@invalid', '%') OR d.request_id = ANY (touched))
       AND replace_words(t.smtp_reply, words, who) <> t.smtp_reply;
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.delivery_attempt', n);

    -- Requests before charges, because charges take the description from them.
    UPDATE payment_request r
       SET to_email = who, to_name = NULL, message = NULL,
           description = left(replace_words(r.description, words, who), 200),
           request_key = left(replace_words(r.request_key, words, who), 200), reason_text = replace_words(r.reason_text, words, who),
           metadata = (SELECT coalesce(jsonb_object_agg(m.key, CASE WHEN jsonb_typeof(m.value) = 'string'
                                            THEN to_jsonb(left(replace_words(m.value #>> '{}', words, who), 500)) ELSE m.value END), '{}')
                         FROM jsonb_each(r.metadata) m WHERE replace_words(m.key, words, who) = m.key)
     WHERE r.request_id = ANY (theirs);
    UPDATE payment_request r
       SET reply_to = CASE WHEN lower(r.reply_to COLLATE "C") <> address THEN r.reply_to END,
           cc = ARRAY(SELECT k.one FROM unnest(r.cc) WITH ORDINALITY k (one, place) WHERE lower(k.one COLLATE "C") <> address ORDER BY k.place)
     WHERE lower(r.reply_to COLLATE "C") = address OR address = ANY (lower(r.cc::text COLLATE "C")::text[]);
    done := done || jsonb_build_object('pay.payment_request', cardinality(touched));

    UPDATE charge c
       SET payer_name = who, payer_email = CASE WHEN c.payer_email IS NOT NULL THEN who END,
           receipt_email = CASE WHEN c.receipt_email IS NOT NULL THEN who END, receipt_url = NULL,
           description = replace_words(c.description, words, who), failure_message = replace_words(c.failure_message, words, who)
     WHERE c.charge_id = ANY (payments);
    GET DIAGNOSTICS total = ROW_COUNT;
    -- Other people who paid for the person: their own data stay, texts about the person are changed.
    UPDATE charge c SET description = replace_words(c.description, words, who)
     WHERE c.request_id = ANY (theirs) AND c.charge_id <> ALL (payments) AND replace_words(c.description, words, who) <> c.description;
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.charge', n + total);
    total := 0;
    UPDATE balance_transaction b SET description = replace_words(b.description, words, who)
      FROM charge c
     WHERE (c.charge_id = ANY (payments) OR c.request_id = ANY (theirs)) AND c.account_id = b.account_id
       AND (b.source_id = c.charge_id
            OR b.source_id IN (SELECT f.refund_id FROM refund f WHERE f.account_id = c.account_id AND f.charge_id = c.charge_id)
            OR b.source_id IN (SELECT u.dispute_id FROM dispute u WHERE u.account_id = c.account_id AND u.charge_id = c.charge_id))
       AND replace_words(b.description, words, who) <> b.description;
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.balance_transaction', n);

    -- A call that may have to be repeated keeps its body: for a day, Stripe refuses another body under the same key.
    UPDATE stripe_call s SET body = replace_words(s.body, words, who), subject = replace_words(s.subject, words, who), path = replace_words(s.path, words, who)
     WHERE (s.finished_at IS NOT NULL OR s.created_at < now() - interval '25 hours')
       AND s.idempotency_key IN (
           SELECT c.idempotency_key FROM stripe_call c WHERE c.subject = ANY (theirs::text[])
           UNION ALL
           SELECT c.idempotency_key FROM stripe_call c
            WHERE strpos(lower(c.body COLLATE "C"), needle) > 0 AND contains_any(c.body, forms)
              AND replace_words(c.body, ARRAY[address], who) <> c.body)
       AND replace_words(concat_ws(' ', s.body, s.subject, s.path), words, who) <> concat_ws(' ', s.body, s.subject, s.path);
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.stripe_call', n);
    UPDATE quarantine q SET raw = json_build_object('id', q.object_id, 'erased', true), error = replace_words(q.error, words, who)
     WHERE (strpos(lower(q.raw COLLATE "C"), needle) > 0 AND contains_any(q.raw, forms) AND replace_words(q.raw, ARRAY[address], who) <> q.raw OR contains_any(q.raw, payments))
       AND q.raw <> json_build_object('id', q.object_id, 'erased', true)::text;
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.quarantine', n);
    UPDATE discrepancy d SET evidence = replace_words(d.evidence::text, words, who)::jsonb, resolution = replace_words(d.resolution, words, who)
     WHERE (d.subject = ANY (theirs::text[] || payments)
            OR strpos(lower(concat_ws(' ', d.evidence, d.resolution) COLLATE "C"), needle) > 0
               AND contains_any(concat_ws(' ', d.evidence, d.resolution), forms)
               AND replace_words(concat_ws(' ', d.evidence, d.resolution), ARRAY[address], who) <> concat_ws(' ', d.evidence, d.resolution))
       AND replace_words(concat_ws(' ', d.evidence, d.resolution), words, who) <> concat_ws(' ', d.evidence, d.resolution);
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay_private.discrepancy', n);
    UPDATE company c
       SET email = CASE WHEN lower(c.email COLLATE "C") <> address THEN c.email END,
           admin_emails = ARRAY(SELECT k.one FROM unnest(c.admin_emails) WITH ORDINALITY k (one, place)
                                 WHERE lower(k.one COLLATE "C") <> address ORDER BY k.place)
     WHERE lower(c.email COLLATE "C") = address OR address = ANY (lower(c.admin_emails::text COLLATE "C")::text[]);
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('pay.company', n);

    -- All other columns that contain the address, except keys. Texts of stages and this function's own tables contain none.
    FOR place IN
        SELECT c.oid::regclass AS name, n.nspname || '.' || c.relname AS told,
               string_agg(format('%1$I = %2$s', a.attname,
                   format(CASE
                          WHEN b.base = 'bytea'::regtype THEN 'decode(replace_words(encode(%1$I, ''escape''), $1, $2), ''escape'')'
                          WHEN b.base = 'jsonb'::regtype THEN 'replace_words(%1$I::text, $1, $2)::jsonb'
                          WHEN b.element <> 0 THEN
                              'CASE WHEN cardinality(%1$I) > 0 THEN (SELECT array_agg(replace_words(e::text, $1, $2) ORDER BY i)'
                              || ' FROM unnest(%1$I) WITH ORDINALITY u (e, i)) ELSE %1$I END'
                          WHEN a.atttypid IN ('header_text'::regtype, 'request_key'::regtype) THEN 'left(replace_words(%1$I, $1, $2), 200)'
                          ELSE 'replace_words(%1$I::text, $1, $2)' END, a.attname)), ', ' ORDER BY a.attnum) AS assignments,
               string_agg(format(CASE WHEN b.base = 'bytea'::regtype THEN 'encode(%1$I, ''escape'')' ELSE '%1$I::text' END,
                                 a.attname), ', ' ORDER BY a.attnum) AS texts
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
          JOIN pg_type t ON t.oid = a.atttypid
         CROSS JOIN LATERAL (SELECT CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END AS base,
                                    CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END AS element) b
         WHERE n.nspname IN ('pay', 'pay_private') AND c.relkind = 'r'
           AND c.relname NOT IN ('erased', 'erase_salt', 'schema_code', 'schema_upgrade', 'stage_event', 'currency')
           AND NOT EXISTS (SELECT FROM pg_constraint k
                            WHERE k.conrelid = c.oid AND k.contype IN ('p', 'f') AND a.attnum = ANY (k.conkey))
           AND (b.base IN ('text'::regtype, 'jsonb'::regtype, 'bytea'::regtype)
                OR b.element IN ('text'::regtype, 'email'::regtype))
         GROUP BY c.oid, n.nspname, c.relname ORDER BY n.nspname, c.relname
    LOOP
        EXECUTE format('UPDATE %1$s SET %2$s WHERE strpos(lower(concat_ws(E''\n'', %3$s) COLLATE "C"), $4) > 0'
                       || ' AND contains_any(concat_ws(E''\n'', %3$s), $3)%4$s', place.name, place.assignments, place.texts,
                       CASE place.told
                           WHEN 'pay.command' THEN ' AND state <> ''running'''
                           WHEN 'pay_private.stripe_call' THEN
                               ' AND (finished_at IS NOT NULL OR created_at < now() - interval ''25 hours'')'
                           ELSE '' END
                       -- The same letters within a longer address belong to another person.
                       || format(' AND replace_words(concat_ws(E''\n'', %1$s), $1, $2) <> concat_ws(E''\n'', %1$s)', place.texts))
          USING ARRAY[address], who, forms, needle;
        GET DIAGNOSTICS n = ROW_COUNT;
        done := done || jsonb_build_object(place.told, coalesce((done ->> place.told)::bigint, 0) + n);
    END LOOP;

    SELECT sum(v.value::text::bigint) INTO total FROM jsonb_each(done) v;
    SELECT count(*) INTO left_over FROM delivery d
     WHERE d.recipient LIKE replace(who, '@invalid', '%') AND d.state IN ('committing', 'in_doubt');
    n := (SELECT count(*) FROM command c WHERE c.state = 'running'
            AND replace_words(concat_ws(' ', c.email, c.arguments), ARRAY[address], who) <> concat_ws(' ', c.email, c.arguments))
         + (SELECT count(*) FROM stripe_call s
            WHERE s.finished_at IS NULL
              AND replace_words(concat_ws(' ', s.body, s.subject, s.path), ARRAY[address], who) <> concat_ws(' ', s.body, s.subject, s.path));
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
END $$;
COMMENT ON FUNCTION pay_private.erase_subject(text) IS
    'Erases the personal data of an e-mail address: stops deliveries, cancels requests that were not sent, replaces the address by a pseudonym and keeps it suppressed. Returns how many rows of which table it changed.';
