-- SPDX-License-Identifier: MIT
-- Erasing a person: a pseudonym replaces the address wherever it is stored, and triggers do the same in rows that come later.
-- Amounts, dates, states and ids stay, so totals and the rules of verify give the same results as before.

CREATE OR REPLACE FUNCTION pay_private.pseudonym(address text) RETURNS text
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT 'erased-' || left(encode(sha256(s.salt || convert_to(lower(address COLLATE "C"), 'UTF8')), 'hex'), 24) || '@invalid'
      FROM erase_salt s
$$;
COMMENT ON FUNCTION pay_private.pseudonym(text) IS 'The pseudonym that replaces an address when it is erased.';

CREATE OR REPLACE FUNCTION pay_private.erased_as(address text) RETURNS text
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT e.pseudonym FROM erased e
     WHERE e.pseudonym = CASE WHEN address LIKE 'erased-%@invalid' THEN regexp_replace(lower(address COLLATE "C"), '\+[0-9]+@', '@')
                              ELSE pseudonym(address) END
$$;
COMMENT ON FUNCTION pay_private.erased_as(text) IS
    'The pseudonym of an erased address; a pseudonym gives itself; NULL = the address was not erased.';

CREATE OR REPLACE FUNCTION pay_private.word_forms(words text[]) RETURNS text[]
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
    'The spellings in which words can be stored: as they are, form-encoded, escaped in JSON, and as escaped bytes.';

CREATE OR REPLACE FUNCTION pay_private.contains_any(body text, forms text[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE COST 1000 SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    -- Letters of ASCII are the same in every locale; the others are compared as the database's locale says.
    small CONSTANT text := lower(body COLLATE "C");
    form text;
BEGIN
    FOREACH form IN ARRAY forms LOOP
        IF strpos(small, lower(form COLLATE "C")) > 0 OR (form !~ '^[ -~]*$' AND strpos(lower(body), lower(form)) > 0) THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END $$;
COMMENT ON FUNCTION pay_private.contains_any(text, text[]) IS 'Whether a text contains one of these spellings, ignoring case.';

CREATE OR REPLACE FUNCTION pay_private.replace_words(body text, words text[], pseudonym text) RETURNS text
LANGUAGE plpgsql IMMUTABLE COST 10000 SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    -- All but the signs of ASCII, whatever the locale calls a letter; and what an address may have besides.
    letter CONSTANT text := '[^\x01-\x2f:-@\[-^`\{-\x7f]';
    letter_of_address CONSTANT text := '[^\x01-$&-*,/:-@\[-^`\{-\x7f]';
    form text;
    pattern text;
BEGIN
    -- The longest first, so that no word is left as a part of a longer one.
    FOR form IN SELECT f FROM unnest(word_forms(words)) AS f ORDER BY length(f) DESC, f LOOP
        CONTINUE WHEN NOT contains_any(body, ARRAY[form]);
        pattern := regexp_replace(form, '([!-/:-@\[-`{-~ ])', '\\\1', 'g');
        -- Whole addresses and names only: ann@ is no part of joann@, and .de none of .de.example. An escaped character
        -- before it (\n, %20) is not one of its letters.
        IF form ~ '@|%40' THEN
            pattern := '(?:(?<!' || letter_of_address || ')|(?<=\\[nrtbf])|(?<=%(?!2B|2D|2E|5F)[0-9A-F]{2}))' || pattern
                       || '(?!' || letter || '|-|\.' || letter || ')';
        ELSE
            pattern := '(?:(?<!' || letter || ')|(?<=\\[nrtbf])|(?<=%[0-9A-F]{2}))' || pattern || '(?!' || letter || ')';
        END IF;
        body := CASE WHEN form ~ '^[ -~]*$' THEN regexp_replace(body COLLATE "C", pattern, pseudonym, 'gi')
                     ELSE regexp_replace(body, pattern, pseudonym, 'gi') END;
    END LOOP;
    RETURN body;
END $$;
COMMENT ON FUNCTION pay_private.replace_words(text, text[], text) IS
    'Replaces these addresses and names in a text by the pseudonym, in every spelling.';

CREATE OR REPLACE FUNCTION pay_private.replace_erased_addresses(body text) RETURNS text
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
            body := replace_words(body, ARRAY[address], stands_for);
        END IF;
    END LOOP;
    RETURN body;
END $$;
COMMENT ON FUNCTION pay_private.replace_erased_addresses(text) IS 'Replaces all erased addresses in a text by their pseudonyms.';

-- Rows that come later ------------------------------------------------------------------------------------------------

-- Stripe shows an erased payer's charge again with the name. The trigger changes the new row before it is compared with the
-- stored one, so that an unchanged charge is not written.
CREATE OR REPLACE FUNCTION pay_private.erase_charge() RETURNS trigger
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
        -- The names in it are not known any more.
        NEW.description := CASE WHEN NEW.description IS NOT NULL THEN stored.description END;
        NEW.failure_message := CASE WHEN NEW.failure_message IS NOT NULL
                                    THEN coalesce(stored.failure_message, replace_words(replace_erased_addresses(NEW.failure_message), ARRAY[NEW.payer_name], who)) END;
    ELSE
        NEW.description := replace_erased_addresses(NEW.description);
        NEW.failure_message := replace_erased_addresses(NEW.failure_message);
        IF who IS NOT NULL THEN
            NEW.description := replace_words(NEW.description, ARRAY[NEW.payer_name], who);
            NEW.failure_message := replace_words(NEW.failure_message, ARRAY[NEW.payer_name], who);
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
COMMENT ON FUNCTION pay_private.erase_charge() IS 'Trigger: stores a charge of an erased person with the pseudonym.';

CREATE OR REPLACE FUNCTION pay_private.erase_ledger_row() RETURNS trigger
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
    NEW.description := CASE WHEN FOUND THEN told ELSE replace_erased_addresses(NEW.description) END;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.erase_ledger_row() IS
    'Trigger: stores the ledger rows of an erased person''s charge with the description of the charge.';

CREATE OR REPLACE FUNCTION pay_private.erase_quarantine() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM erased) THEN
        IF replace_erased_addresses(NEW.raw) <> NEW.raw THEN
            -- It is read again by its id. It may contain more than the address.
            NEW.raw := json_build_object('id', NEW.object_id, 'erased', true);
        END IF;
        NEW.error := replace_erased_addresses(NEW.error);
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.erase_quarantine() IS 'Trigger: keeps only the id of an object that names an erased person.';

CREATE OR REPLACE FUNCTION pay_private.erase_words() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM erased) THEN
        IF TG_TABLE_NAME = 'bounce' THEN
            NEW.recipient := replace_erased_addresses(NEW.recipient);
            NEW.diagnostic := replace_erased_addresses(NEW.diagnostic);
        ELSIF TG_TABLE_NAME = 'delivery_attempt' THEN
            NEW.smtp_reply := replace_erased_addresses(NEW.smtp_reply);
        ELSE
            NEW.email := coalesce(erased_as(NEW.email), NEW.email);
            NEW.reason := replace_erased_addresses(NEW.reason);
        END IF;
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.erase_words() IS 'Trigger: replaces erased addresses in replies of mail servers and in the suppression list.';

-- Named so that it fires before delivery_next_attempt, which takes suppressed deliveries out of the queue.
CREATE OR REPLACE FUNCTION pay_private.erase_delivery() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    who text;
BEGIN
    IF NOT EXISTS (SELECT FROM erased) THEN
        RETURN NEW;
    END IF;
    who := erased_as(NEW.recipient);
    IF who IS NOT NULL THEN
        NEW.smtp_reply := replace_erased_addresses(NEW.smtp_reply);
        NEW.reason_text := replace_erased_addresses(NEW.reason_text);
        IF NEW.state IN ('queued', 'ready', 'sending', 'deferred')
           AND (NEW.recipient LIKE 'erased-%@invalid' OR EXISTS (SELECT FROM suppression s WHERE lower(s.email COLLATE "C") = who)) THEN
            NEW.state := 'suppressed';
            NEW.reason_code := 'suppressed';
            NEW.reason_text := 'The recipient''s address is on the suppression list.';
        END IF;
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.erase_delivery() IS
    'Trigger: suppresses deliveries to an erased and suppressed person.';

CREATE OR REPLACE FUNCTION pay_private.fail_suppressed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    PERFORM fail_request_of(NEW.delivery_id, NEW.reason_code, NEW.reason_text);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.fail_suppressed() IS 'Trigger: fails a request whose delivery is suppressed when it is inserted.';

CREATE OR REPLACE TRIGGER charge_erased
    BEFORE INSERT OR UPDATE OF payer_name, payer_email, receipt_email, receipt_url, description, failure_message, request_id
    ON pay_private.charge FOR EACH ROW EXECUTE FUNCTION pay_private.erase_charge();

CREATE OR REPLACE TRIGGER balance_transaction_erased BEFORE INSERT OR UPDATE OF description ON pay_private.balance_transaction
    FOR EACH ROW WHEN (NEW.description IS NOT NULL) EXECUTE FUNCTION pay_private.erase_ledger_row();

CREATE OR REPLACE TRIGGER quarantine_erased BEFORE INSERT OR UPDATE OF raw, error ON pay_private.quarantine
    FOR EACH ROW EXECUTE FUNCTION pay_private.erase_quarantine();

CREATE OR REPLACE TRIGGER bounce_erased BEFORE INSERT ON pay_private.bounce
    FOR EACH ROW EXECUTE FUNCTION pay_private.erase_words();

CREATE OR REPLACE TRIGGER delivery_attempt_erased BEFORE UPDATE OF smtp_reply ON pay_private.delivery_attempt
    FOR EACH ROW WHEN (NEW.smtp_reply LIKE '%@%') EXECUTE FUNCTION pay_private.erase_words();

CREATE OR REPLACE TRIGGER suppression_erased BEFORE INSERT ON pay.suppression
    FOR EACH ROW EXECUTE FUNCTION pay_private.erase_words();

CREATE OR REPLACE TRIGGER delivery_erased_new BEFORE INSERT ON pay_private.delivery
    FOR EACH ROW EXECUTE FUNCTION pay_private.erase_delivery();

CREATE OR REPLACE TRIGGER delivery_erased BEFORE UPDATE OF state, smtp_reply, reason_text ON pay_private.delivery
    FOR EACH ROW WHEN (NEW.recipient LIKE 'erased-%@invalid') EXECUTE FUNCTION pay_private.erase_delivery();

CREATE OR REPLACE TRIGGER delivery_suppressed AFTER INSERT ON pay_private.delivery
    FOR EACH ROW WHEN (NEW.state = 'suppressed') EXECUTE FUNCTION pay_private.fail_suppressed();
