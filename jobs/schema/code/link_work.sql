-- SPDX-License-Identifier: MIT
-- The work of the job that makes, switches off and checks payment links, and of what follows from a change in batches: in
-- bounded pieces, and fair among companies.

-- Turns ------------------------------------------------------------------------------------------------------------------

-- Companies are found by skipping through an index (a loose index scan), so a company with 400,000 rows costs no more than one
-- with a single row.
CREATE OR REPLACE FUNCTION pay_private.next_link_company(after text) RETURNS text
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT least((SELECT l.company FROM payment_link l
                   WHERE l.active AND NOT l.wanted_active AND l.company > after ORDER BY l.company LIMIT 1),
                 (SELECT l.company FROM payment_link l
                   WHERE l.check_at IS NOT NULL AND l.company > after ORDER BY l.company LIMIT 1),
                 (SELECT r.company FROM payment_request r
                   WHERE r.link_wanted_at IS NOT NULL AND r.company > after ORDER BY r.company LIMIT 1))
$$;
COMMENT ON FUNCTION pay_private.next_link_company(text) IS
    'The next company in alphabetical order that has a link to be made, switched off or checked, now or later; NULL = none.';

CREATE OR REPLACE FUNCTION pay_private.due_links(
    wanted integer, after text, busy text[], OUT unwanted text[], OUT checks text[], OUT missing uuid[], OUT last_company text, OUT more boolean)
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    WITH RECURSIVE
    ahead AS (
        SELECT next_link_company(after) AS company, 1 AS n
        UNION ALL
        SELECT next_link_company(a.company), a.n + 1 FROM ahead a WHERE a.company IS NOT NULL AND a.n < 256),
    around AS (
        SELECT next_link_company('') AS company, 1 AS n
        UNION ALL
        SELECT next_link_company(a.company), a.n + 1 FROM around a WHERE a.company <= after AND a.n < 256),
    page AS MATERIALIZED (
        SELECT 0 AS lap, a.company FROM ahead a WHERE a.company IS NOT NULL
        UNION ALL
        SELECT 1, a.company FROM around a WHERE a.company <= after
        LIMIT 256),
    -- Within a company the three kinds of work take turns as well.
    candidates AS (
        SELECT p.lap, p.company, w.kind, w.id,
               row_number() OVER (PARTITION BY p.company ORDER BY w.place, w.kind) AS turn
          FROM page p
         CROSS JOIN LATERAL (
              (SELECT 1 AS kind, l.link_id AS id, row_number() OVER (ORDER BY l.next_attempt_at) AS place FROM payment_link l
                WHERE l.active AND NOT l.wanted_active AND l.company = p.company AND l.next_attempt_at <= now()
                ORDER BY l.next_attempt_at LIMIT wanted)
              UNION ALL
              (SELECT 2, r.request_id::text, row_number() OVER (ORDER BY r.link_wanted_at) FROM payment_request r
                WHERE r.link_wanted_at IS NOT NULL AND r.company = p.company AND r.link_wanted_at <= now()
                ORDER BY r.link_wanted_at LIMIT wanted)
              UNION ALL
              (SELECT 3, l.link_id, row_number() OVER (ORDER BY l.check_at) FROM payment_link l
                WHERE l.check_at IS NOT NULL AND l.company = p.company AND l.check_at <= now()
                ORDER BY l.check_at LIMIT wanted)) w
         WHERE p.company <> ALL (busy)),
    chosen AS (
        SELECT c.* FROM candidates c ORDER BY c.turn, c.lap, c.company LIMIT wanted)
    SELECT coalesce(array_agg(c.id ORDER BY c.turn, c.lap, c.company) FILTER (WHERE c.kind = 1), '{}'),
           coalesce(array_agg(c.id ORDER BY c.turn, c.lap, c.company) FILTER (WHERE c.kind = 3), '{}'),
           coalesce(array_agg(c.id::uuid ORDER BY c.turn, c.lap, c.company) FILTER (WHERE c.kind = 2), '{}'),
           coalesce((array_agg(c.company ORDER BY c.turn DESC, c.lap DESC, c.company DESC))[1],
                    (SELECT p.company FROM page p ORDER BY p.lap DESC, p.company DESC LIMIT 1), after),
           count(*) = 0 AND (SELECT count(*) FROM page) = 256
      FROM chosen c
$$;
COMMENT ON FUNCTION pay_private.due_links(integer, text, text[]) IS
    'Up to wanted pieces of work of the links job: links to be switched off, links to be checked, requests that want a link. None of busy companies. Companies take turns, beginning after the company in the argument after. more = none was found yet; call again after last_company.';

CREATE OR REPLACE FUNCTION pay_private.next_expiring_company(after text) RETURNS text
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT r.company FROM payment_request r
     WHERE r.expires_at IS NOT NULL AND r.closed_as IS NULL AND (r.multi_party OR r.state IN ('open', 'partially_paid'))
       AND r.company > after
     ORDER BY r.company LIMIT 1
$$;
COMMENT ON FUNCTION pay_private.next_expiring_company(text) IS
    'The next company in alphabetical order that has a request which expires, now or later; NULL = none.';

-- One batch is one transaction: 400,000 requests that expire at once are many short ones, and each company gets its part of each.
CREATE OR REPLACE FUNCTION pay_private.expire_requests(
    wanted integer, after text, OUT expired integer, OUT last_company text, OUT more boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    companies_at_once CONSTANT integer := 256;
    ids uuid[];
    seen integer;
BEGIN
    expired := 0;
    last_company := after;
    more := false;
    IF NOT EXISTS (SELECT FROM payment_request r
                    WHERE r.expires_at <= now() AND r.closed_as IS NULL
                      AND (r.multi_party OR r.state IN ('open', 'partially_paid'))) THEN
        RETURN;
    END IF;
    WITH RECURSIVE
    ahead AS (
        SELECT next_expiring_company(after) AS company, 1 AS n
        UNION ALL
        SELECT next_expiring_company(a.company), a.n + 1 FROM ahead a
         WHERE a.company IS NOT NULL AND a.n < companies_at_once),
    around AS (
        SELECT next_expiring_company('') AS company, 1 AS n
        UNION ALL
        SELECT next_expiring_company(a.company), a.n + 1 FROM around a
         WHERE a.company <= after AND a.n < companies_at_once),
    page AS MATERIALIZED (
        SELECT 0 AS lap, a.company FROM ahead a WHERE a.company IS NOT NULL
        UNION ALL
        SELECT 1, a.company FROM around a WHERE a.company <= after
        LIMIT companies_at_once),
    candidates AS (
        SELECT p.lap, p.company, c.request_id, row_number() OVER (PARTITION BY p.company ORDER BY c.expires_at) AS turn
          FROM page p
         CROSS JOIN LATERAL (
              SELECT r.request_id, r.expires_at FROM payment_request r
               WHERE r.expires_at IS NOT NULL AND r.closed_as IS NULL
                 AND (r.multi_party OR r.state IN ('open', 'partially_paid'))
                 AND r.company = p.company AND r.expires_at <= now()
               ORDER BY r.expires_at LIMIT wanted) c),
    chosen AS (
        SELECT c.* FROM candidates c ORDER BY c.turn, c.lap, c.company LIMIT wanted)
    SELECT array_agg(c.request_id),
           coalesce((array_agg(c.company ORDER BY c.turn DESC, c.lap DESC, c.company DESC))[1],
                    (SELECT p.company FROM page p ORDER BY p.lap DESC, p.company DESC LIMIT 1), after),
           (SELECT count(*) FROM page)
      INTO ids, last_company, seen FROM chosen c;
    IF ids IS NULL THEN
        more := seen = companies_at_once;
        RETURN;
    END IF;
    ids := ARRAY(SELECT r.request_id FROM payment_request r
                  WHERE r.request_id = ANY (ids) AND r.expires_at <= now() AND r.closed_as IS NULL
                    AND (r.multi_party OR r.state IN ('open', 'partially_paid'))
                  ORDER BY r.request_id FOR NO KEY UPDATE SKIP LOCKED);
    UPDATE payment_request r
       SET closed_as = 'expired', closed_at = now(), closed_code = 'expired',
           closed_text = 'The request was not paid in time.'
     WHERE r.request_id = ANY (ids);
    PERFORM settle_requests(ids);
    expired := cardinality(ids);
    more := expired > 0;
END $$;
COMMENT ON FUNCTION pay_private.expire_requests(integer, text) IS
    'Closes up to wanted requests whose expires_at has passed. Companies take turns, beginning after the company in the argument after. more = there may be others; call again after last_company.';

-- Follow-ups -------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION pay_private.follow_up(task text, subject text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
    INSERT INTO follow_up AS f (task, subject) VALUES (follow_up.task, follow_up.subject)
    ON CONFLICT (task, subject) DO UPDATE SET done_to = 0, asked_at = now();
    SELECT pg_notify('pay_link_due', '');
$$;
COMMENT ON FUNCTION pay_private.follow_up(text, text) IS
    'Asks for a task that is carried out in batches; one that is under way begins again.';

CREATE OR REPLACE FUNCTION pay_private.unwant_links_of(account_id text, at_once integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    changed integer;
BEGIN
    UPDATE payment_link l SET wanted_active = false, deactivation_reason = 'disconnected'
     WHERE l.link_id IN (SELECT w.link_id FROM payment_link w
                          WHERE w.account_id = unwant_links_of.account_id AND w.active AND w.wanted_active
                          ORDER BY w.created_at LIMIT at_once);
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed = at_once;
END $$;
COMMENT ON FUNCTION pay_private.unwant_links_of(text, integer) IS
    'Links of a disconnected account are not wanted any more, at_once of them; answers whether there may be others.';

CREATE OR REPLACE FUNCTION pay_private.want_links_of(company text, after bigint, at_once integer) RETURNS bigint
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    present CONSTANT text := (SELECT i.account_id FROM integration i
                               WHERE i.company = want_links_of.company AND i.current AND i.stage = 'completed');
    done_to bigint;
BEGIN
    IF present IS NULL THEN
        RETURN NULL;
    END IF;
    -- The first link of a request comes with its first mail.
    WITH looked_at AS (
        SELECT r.request_id, r.seq FROM payment_request r
         WHERE r.company = want_links_of.company AND r.seq > after ORDER BY r.seq LIMIT at_once),
    wanted AS (
        UPDATE payment_request r SET link_wanted_at = now()
          FROM looked_at a
         WHERE r.request_id = a.request_id AND link_demand(r) AND (r.account_id IS NOT NULL OR r.link_problem IS NOT NULL)
           AND (r.link_wanted_at IS NULL OR r.link_wanted_at > now())
           AND NOT EXISTS (SELECT FROM payment_link l
                            WHERE l.request_id = r.request_id AND l.active AND l.wanted_active AND l.account_id = present))
    SELECT CASE WHEN count(*) = at_once THEN max(a.seq) END INTO done_to FROM looked_at a;
    RETURN done_to;
END $$;
COMMENT ON FUNCTION pay_private.want_links_of(text, bigint, integer) IS
    'Open requests of a company that have lost their link, or never got one, get one on the present account. Looks at at_once requests after a sequence number; answers where to go on, NULL = this was all.';

CREATE OR REPLACE FUNCTION pay_private.do_follow_up(at_once integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    next follow_up;
    reached bigint;
    more boolean;
BEGIN
    SELECT f.* INTO next FROM follow_up f ORDER BY f.turn_at LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    CASE next.task
        WHEN 'unwant_links' THEN more := unwant_links_of(next.subject, at_once);
        WHEN 'make_links' THEN
            reached := want_links_of(next.subject, next.done_to, at_once);
            more := reached IS NOT NULL;
    END CASE;
    IF more THEN
        UPDATE follow_up f SET turn_at = clock_timestamp(), done_to = coalesce(reached, 0)
         WHERE f.task = next.task AND f.subject = next.subject;
    ELSE
        DELETE FROM follow_up f WHERE f.task = next.task AND f.subject = next.subject;
    END IF;
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.do_follow_up(integer) IS
    'One batch of the task that has waited longest for its turn; false = there is none.';

-- What Stripe refused may be right now.
CREATE OR REPLACE FUNCTION pay_private.retry_links() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM payment_request r WHERE r.company = NEW.company AND r.link_problem IS NOT NULL) THEN
        PERFORM follow_up('make_links', NEW.company);
        INSERT INTO held_company (company) VALUES (NEW.company) ON CONFLICT DO NOTHING;
        PERFORM pg_notify('pay_payment_request', '');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.retry_links() IS
    'Trigger: payment links that Stripe refused are tried again at once, because what goes into them has changed.';

CREATE OR REPLACE TRIGGER setting_retry_links AFTER INSERT OR UPDATE OF desired ON pay_private.setting
    FOR EACH ROW WHEN (NEW.name IN ('payment_methods', 'application_fee_percent', 'application_fee_fixed'))
    EXECUTE FUNCTION pay_private.retry_links();

CREATE OR REPLACE TRIGGER branding_retry_links AFTER INSERT ON pay.branding
    FOR EACH ROW WHEN (NEW.kind = 'checkout') EXECUTE FUNCTION pay_private.retry_links();
