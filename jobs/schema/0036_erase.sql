-- SPDX-License-Identifier: MIT
-- Erasing a person: an address gives way to a pseudonym wherever it stands, and what comes in later is measured by a
-- salted hash of it. Amounts, dates, states and ids stay, so every total and every rule of verify stays as it was.
SET LOCAL ROLE pay_owner;

CREATE TABLE pay_private.erase_salt (
    singleton boolean PRIMARY KEY DEFAULT true CONSTRAINT erase_salt_one_row CHECK (singleton),
    salt bytea NOT NULL
);
COMMENT ON TABLE pay_private.erase_salt IS
    'What is hashed together with an erased address, of this database alone; for its owner only.';
COMMENT ON COLUMN pay_private.erase_salt.singleton IS 'There is one row.';
COMMENT ON COLUMN pay_private.erase_salt.salt IS 'Random bytes; with other ones no erased address is known any more.';
INSERT INTO pay_private.erase_salt (salt)
VALUES (sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));

CREATE TABLE pay_private.erased (
    pseudonym text PRIMARY KEY,
    erased_at timestamptz NOT NULL DEFAULT now(),
    erased_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE pay_private.erased IS 'Who was erased, by pseudonyms only.';
COMMENT ON COLUMN pay_private.erased.pseudonym IS 'What stands for the address: a salted hash of it.';
COMMENT ON COLUMN pay_private.erased.erased_at IS 'When it was erased first.';
COMMENT ON COLUMN pay_private.erased.erased_by IS 'Database user that asked for it.';
GRANT SELECT ON pay_private.erased TO pay_operator;

CREATE FUNCTION pay_private.pseudonym(address text) RETURNS text
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT 'erased-' || left(encode(sha256(s.salt || convert_to(lower(address), 'UTF8')), 'hex'), 24) || '@invalid'
      FROM erase_salt s
$$;
COMMENT ON FUNCTION pay_private.pseudonym(text) IS 'What stands for this address once it is erased.';

CREATE FUNCTION pay_private.erased_as(address text) RETURNS text
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT e.pseudonym FROM erased e
     WHERE e.pseudonym = CASE WHEN address LIKE 'erased-%@invalid' THEN regexp_replace(lower(address), '\+[0-9]+@', '@')
                              ELSE pseudonym(address) END
$$;
COMMENT ON FUNCTION pay_private.erased_as(text) IS
    'The pseudonym of an address that was erased, also if it is one already; NULL = it was not.';

CREATE FUNCTION pay_private.word_forms(words text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
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
$$;
COMMENT ON FUNCTION pay_private.word_forms(text[]) IS
    'How words may be written: as they are, in the body of a form, in JSON and in escaped bytes.';

CREATE FUNCTION pay_private.holds(body text, forms text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT EXISTS (SELECT FROM unnest(forms) AS f (form) WHERE strpos(lower(body), lower(f.form)) > 0)
$$;
COMMENT ON FUNCTION pay_private.holds(text, text[]) IS 'Whether one of these forms stands in a text, in capitals or not.';

CREATE FUNCTION pay_private.blot(body text, words text[], pseudonym text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
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
COMMENT ON FUNCTION pay_private.blot(text, text[], text) IS
    'A text with the pseudonym in the place of these addresses and names, however they are written.';

CREATE FUNCTION pay_private.scrub(body text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pay, pay_private, pg_temp AS $$
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
COMMENT ON FUNCTION pay_private.scrub(text) IS 'A text with pseudonyms in the place of addresses that were erased.';

-- What comes in later --------------------------------------------------------------------------------------------------

-- Stripe shows the same charge again. What is offered is changed before it is compared with what is stored, so that an
-- unchanged charge stays unwritten.
CREATE FUNCTION pay_private.erase_charge() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
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
COMMENT ON FUNCTION pay_private.erase_charge() IS 'Trigger: a charge of somebody who was erased is stored with the pseudonym.';
CREATE TRIGGER charge_erased
    BEFORE INSERT OR UPDATE OF payer_name, payer_email, receipt_email, receipt_url, description, failure_message, request_id
    ON pay_private.charge FOR EACH ROW EXECUTE FUNCTION pay_private.erase_charge();

CREATE FUNCTION pay_private.erase_ledger_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
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
COMMENT ON FUNCTION pay_private.erase_ledger_row() IS
    'Trigger: the ledger rows of a charge of somebody who was erased say what the charge says.';
CREATE TRIGGER balance_transaction_erased BEFORE INSERT OR UPDATE OF description ON pay_private.balance_transaction
    FOR EACH ROW WHEN (NEW.description IS NOT NULL) EXECUTE FUNCTION pay_private.erase_ledger_row();

CREATE FUNCTION pay_private.erase_quarantine() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
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
COMMENT ON FUNCTION pay_private.erase_quarantine() IS 'Trigger: of an object that names somebody who was erased only the id is kept.';
CREATE TRIGGER quarantine_erased BEFORE INSERT OR UPDATE OF raw, error ON pay_private.quarantine
    FOR EACH ROW EXECUTE FUNCTION pay_private.erase_quarantine();

CREATE FUNCTION pay_private.erase_words() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
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
COMMENT ON FUNCTION pay_private.erase_words() IS 'Trigger: what mail servers say, and the suppression list, name nobody who was erased.';
CREATE TRIGGER bounce_erased BEFORE INSERT ON pay_private.bounce
    FOR EACH ROW EXECUTE FUNCTION pay_private.erase_words();
CREATE TRIGGER delivery_attempt_erased BEFORE UPDATE OF smtp_reply ON pay_private.delivery_attempt
    FOR EACH ROW WHEN (NEW.smtp_reply LIKE '%@%') EXECUTE FUNCTION pay_private.erase_words();
CREATE TRIGGER suppression_erased BEFORE INSERT ON pay.suppression
    FOR EACH ROW EXECUTE FUNCTION pay_private.erase_words();

-- Before delivery_rest by its name, which takes what is suppressed out of the queue.
CREATE FUNCTION pay_private.erase_delivery() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
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
COMMENT ON FUNCTION pay_private.erase_delivery() IS
    'Trigger: no mail goes to somebody who was erased and is suppressed, and a mail to others whose bytes were erased is written anew.';
CREATE TRIGGER delivery_erased_new BEFORE INSERT ON pay_private.delivery
    FOR EACH ROW EXECUTE FUNCTION pay_private.erase_delivery();
CREATE TRIGGER delivery_erased BEFORE UPDATE OF state, smtp_reply, reason_text ON pay_private.delivery
    FOR EACH ROW WHEN (
        NEW.recipient LIKE 'erased-%@invalid'
        OR (NEW.state IN ('ready', 'deferred') AND octet_length(NEW.message) = octet_length('This mail was erased.')))
    EXECUTE FUNCTION pay_private.erase_delivery();

CREATE FUNCTION pay_private.fail_suppressed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    PERFORM fail_request_of(NEW.delivery_id, NEW.reason_code, NEW.reason_text);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.fail_suppressed() IS 'Trigger: a request ends with its mail that is suppressed from the start.';
CREATE TRIGGER delivery_suppressed AFTER INSERT ON pay_private.delivery
    FOR EACH ROW WHEN (NEW.state = 'suppressed') EXECUTE FUNCTION pay_private.fail_suppressed();

CREATE FUNCTION pay.unsuppress(email text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM suppression s
     WHERE lower(s.email) IN (lower(unsuppress.email), pseudonym(unsuppress.email));
    RETURN FOUND;
END $$;
COMMENT ON COLUMN pay.suppression.email IS 'The address, or the pseudonym of one that was erased.';
COMMENT ON FUNCTION pay.unsuppress(text) IS
    'Takes an address off the suppression list, also one that was erased and stands there by its pseudonym; false = it was not on it.';
GRANT EXECUTE ON FUNCTION pay.unsuppress TO pay_app, pay_operator;

-- What never changes, but for this ------------------------------------------------------------------------------------

-- The condition is looked at with the rights of whoever runs the statement: only a function of the owner is pay_owner.
DROP TRIGGER payment_request_fixed ON pay.payment_request;
CREATE TRIGGER payment_request_fixed
    BEFORE UPDATE OF request_id, company, to_email, to_name, cc, reply_to, amount, currency, description, message,
        due_on, send_after, priority, multi_party, locale, request_key, collect_payment_file_id, metadata, reminders,
        receipt_to_payer, receipt_to_company, requested_by, created_at ON pay.payment_request
    FOR EACH ROW WHEN (
        (OLD.request_id, OLD.company, OLD.amount, OLD.currency, OLD.due_on, OLD.send_after, OLD.priority, OLD.multi_party,
         OLD.locale, OLD.collect_payment_file_id, OLD.reminders, OLD.receipt_to_payer, OLD.receipt_to_company,
         OLD.requested_by, OLD.created_at)
        IS DISTINCT FROM
        (NEW.request_id, NEW.company, NEW.amount, NEW.currency, NEW.due_on, NEW.send_after, NEW.priority, NEW.multi_party,
         NEW.locale, NEW.collect_payment_file_id, NEW.reminders, NEW.receipt_to_payer, NEW.receipt_to_company,
         NEW.requested_by, NEW.created_at)
        OR ((OLD.to_email, OLD.to_name, OLD.cc, OLD.reply_to, OLD.description, OLD.message, OLD.request_key, OLD.metadata)
            IS DISTINCT FROM
            (NEW.to_email, NEW.to_name, NEW.cc, NEW.reply_to, NEW.description, NEW.message, NEW.request_key, NEW.metadata)
            AND NOT (current_user = 'pay_owner'
                     AND (NEW.to_email = OLD.to_email OR NEW.to_email LIKE 'erased-%@invalid')
                     AND (NEW.to_name = OLD.to_name) IS NOT FALSE
                     AND (NEW.reply_to = OLD.reply_to OR NEW.reply_to LIKE 'erased-%@invalid') IS NOT FALSE
                     AND (NEW.message = OLD.message OR NEW.message LIKE '%erased-%@invalid%') IS NOT FALSE
                     AND OLD.cc @> NEW.cc)))
    EXECUTE FUNCTION pay_private.refuse_change('what a payment request asks for never changes; cancel it and insert another one');

DROP TRIGGER command_fixed ON pay.command;
CREATE TRIGGER command_fixed
    BEFORE UPDATE OF command_id, company, kind, email, country, account_id, confirmation, arguments, request_key,
        requested_by, created_at ON pay.command
    FOR EACH ROW WHEN (
        (OLD.command_id, OLD.company, OLD.kind, OLD.country, OLD.account_id, OLD.requested_by, OLD.created_at)
        IS DISTINCT FROM
        (NEW.command_id, NEW.company, NEW.kind, NEW.country, NEW.account_id, NEW.requested_by, NEW.created_at)
        OR ((OLD.email, OLD.confirmation, OLD.arguments, OLD.request_key)
            IS DISTINCT FROM (NEW.email, NEW.confirmation, NEW.arguments, NEW.request_key)
            AND NOT (current_user = 'pay_owner' AND OLD.state <> 'running'
                     AND (NEW.email = OLD.email OR NEW.email LIKE 'erased-%@invalid') IS NOT FALSE)))
    EXECUTE FUNCTION pay_private.refuse_change('what a command asks for never changes; insert another one');

DROP TRIGGER collect_payment_file_fixed ON pay.collect_payment_file;
CREATE TRIGGER collect_payment_file_fixed BEFORE UPDATE ON pay.collect_payment_file
    FOR EACH ROW WHEN (
        current_user <> 'pay_owner'
        OR (OLD.file_id, OLD.company, OLD.media_type, OLD.version, OLD.created_at)
           IS DISTINCT FROM (NEW.file_id, NEW.company, NEW.media_type, NEW.version, NEW.created_at))
    EXECUTE FUNCTION pay_private.refuse_change('a collect payment file never changes; add a new version');

-- The erasure -----------------------------------------------------------------------------------------------------------

CREATE FUNCTION pay_private.erase_subject(email text) RETURNS TABLE (what text, rows bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
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
END $$;
COMMENT ON FUNCTION pay_private.erase_subject(text) IS
    'Erases what is kept of the person with this e-mail address: stops mails, cancels requests that were not sent, puts a pseudonym in its place, keeps it suppressed. Answers how many rows of which table it changed.';
GRANT EXECUTE ON FUNCTION pay_private.erase_subject TO pay_operator;
