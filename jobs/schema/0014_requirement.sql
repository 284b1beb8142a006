-- SPDX-License-Identifier: MIT
-- What Stripe wants of each account, one row each, in words that a person understands.

CREATE TABLE pay_private.requirement (
    account_id text NOT NULL CONSTRAINT requirement_integration_known REFERENCES pay_private.integration,
    requirement text NOT NULL,
    status text NOT NULL CONSTRAINT requirement_status CHECK (status IN (
        'past_due', 'currently_due', 'pending_verification', 'future_due', 'eventually_due', 'met')),
    deadline timestamptz,
    error_code text,
    error_reason text,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    met_at timestamptz,
    PRIMARY KEY (account_id, requirement),
    CONSTRAINT requirement_met_has_time CHECK ((status = 'met') = (met_at IS NOT NULL))
) WITH (fillfactor = 80);
COMMENT ON TABLE pay_private.requirement IS
    'Each thing that Stripe ever wanted of an account, and how it stands; kept by a trigger from the observation.';
COMMENT ON COLUMN pay_private.requirement.account_id IS 'The account.';
COMMENT ON COLUMN pay_private.requirement.requirement IS 'Stripe''s name of it, for example business_profile.url.';
COMMENT ON COLUMN pay_private.requirement.status IS
    'The most urgent list of Stripe''s that it is on, or met once it is on none.';
COMMENT ON COLUMN pay_private.requirement.deadline IS 'Until when it must be given; NULL = Stripe says none.';
COMMENT ON COLUMN pay_private.requirement.error_code IS 'Why what was sent is refused, for programs; NULL = it is not.';
COMMENT ON COLUMN pay_private.requirement.error_reason IS 'Why what was sent is refused, in Stripe''s words.';
COMMENT ON COLUMN pay_private.requirement.first_seen_at IS 'When it was first wanted.';
COMMENT ON COLUMN pay_private.requirement.last_seen_at IS 'When an observation that was written last had it.';
COMMENT ON COLUMN pay_private.requirement.met_at IS 'When it was found to be wanted no longer.';

CREATE FUNCTION pay_private.keep_requirements() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
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
COMMENT ON FUNCTION pay_private.keep_requirements() IS
    'Trigger: brings the rows of requirement in line with the account''s lists.';
CREATE TRIGGER integration_requirements
    AFTER UPDATE OF currently_due, past_due, pending_verification, future_due, eventually_due, errors,
                    current_deadline, future_deadline
    ON pay_private.integration
    FOR EACH ROW WHEN (
        (OLD.currently_due, OLD.past_due, OLD.pending_verification, OLD.future_due, OLD.eventually_due, OLD.errors,
         OLD.current_deadline, OLD.future_deadline)
        IS DISTINCT FROM
        (NEW.currently_due, NEW.past_due, NEW.pending_verification, NEW.future_due, NEW.eventually_due, NEW.errors,
         NEW.current_deadline, NEW.future_deadline))
    EXECUTE FUNCTION pay_private.keep_requirements();

CREATE TABLE pay_private.requirement_word (
    position integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pattern text NOT NULL,
    topic text NOT NULL,
    words text NOT NULL
);
COMMENT ON TABLE pay_private.requirement_word IS
    'Plain words for Stripe''s names of requirements; of several patterns that fit, the one with the lowest position counts.';
COMMENT ON COLUMN pay_private.requirement_word.position IS 'Order in which patterns are tried.';
COMMENT ON COLUMN pay_private.requirement_word.pattern IS 'A pattern of LIKE; those of persons begin with the person''s id.';
COMMENT ON COLUMN pay_private.requirement_word.topic IS 'business, identity, public_profile, bank or terms.';
COMMENT ON COLUMN pay_private.requirement_word.words IS 'What an application shows, in English.';

INSERT INTO pay_private.requirement_word (pattern, topic, words) VALUES
    ('tos_acceptance%', 'terms', 'Accept Stripe''s terms of service'),
    ('external_account%', 'bank', 'A bank account for payouts'),
    ('business_profile.mcc', 'business', 'The industry of the business'),
    ('business_profile.url', 'public_profile', 'The website of the business, or a description of what it sells'),
    ('business_profile.product_description', 'public_profile', 'A description of what the business sells'),
    ('business_profile.support%', 'public_profile', 'How customers reach the business'),
    ('business_profile.name', 'public_profile', 'The name under which customers know the business'),
    ('business_profile%', 'public_profile', 'The public profile of the business'),
    ('settings.payments.statement_descriptor', 'public_profile', 'The name on the customers'' statements'),
    ('business_type', 'business', 'The legal form of the business'),
    ('company.tax_id%', 'business', 'The tax number of the business'),
    ('company.name', 'business', 'The legal name of the business'),
    ('company.address%', 'business', 'The address of the business'),
    ('company.phone', 'business', 'The phone number of the business'),
    ('company.owners_provided', 'business', 'Confirmation that all owners are named'),
    ('company.directors_provided', 'business', 'Confirmation that all directors are named'),
    ('company.executives_provided', 'business', 'Confirmation that all executives are named'),
    ('company.verification.document%', 'identity', 'A document that proves the business'),
    ('company%', 'business', 'Details of the business'),
    ('documents%', 'identity', 'A document'),
    ('%.verification.document%', 'identity', 'An identity document'),
    ('%.verification.additional_document%', 'identity', 'A proof of address'),
    ('%.dob.%', 'identity', 'The date of birth'),
    ('%.first_name', 'identity', 'The first name'),
    ('%.last_name', 'identity', 'The last name'),
    ('%.email', 'identity', 'The e-mail address of the person'),
    ('%.phone', 'identity', 'The phone number of the person'),
    ('%.address.%', 'identity', 'The address of the person'),
    ('%.ssn_last_4', 'identity', 'The last four digits of the Social Security number'),
    ('%.id_number', 'identity', 'The national identity number'),
    ('%.relationship.%', 'identity', 'The person''s part in the business'),
    ('representative%', 'identity', 'Details of the person who acts for the business'),
    ('owners%', 'identity', 'Details of the owners'),
    ('directors%', 'identity', 'Details of the directors'),
    ('executives%', 'identity', 'Details of the executives');

CREATE VIEW pay.requirements AS
SELECT i.company, r.account_id, r.requirement, coalesce(w.topic, 'other') AS topic,
       coalesce(w.words, 'More information: ' || replace(replace(r.requirement, '.', ', '), '_', ' ')) AS words,
       r.status, CASE WHEN r.status = 'pending_verification' THEN 'stripe'
                      WHEN r.status = 'met' THEN 'none' ELSE 'merchant' END AS awaiting,
       r.deadline, r.error_code, r.error_reason, r.first_seen_at, r.last_seen_at, r.met_at
  FROM pay_private.requirement r
  JOIN pay_private.integration i USING (account_id)
  LEFT JOIN LATERAL (SELECT x.topic, x.words FROM pay_private.requirement_word x
                      WHERE r.requirement LIKE x.pattern ORDER BY x.position LIMIT 1) w ON true;
COMMENT ON VIEW pay.requirements IS
    'What Stripe wants of each company: in plain words, until when, and who must act.';
COMMENT ON COLUMN pay.requirements.company IS 'The company.';
COMMENT ON COLUMN pay.requirements.account_id IS 'Its Stripe account.';
COMMENT ON COLUMN pay.requirements.requirement IS 'Stripe''s name of it.';
COMMENT ON COLUMN pay.requirements.topic IS 'business, identity, public_profile, bank, terms or other; a heading to show it under.';
COMMENT ON COLUMN pay.requirements.words IS 'What it is, in English.';
COMMENT ON COLUMN pay.requirements.status IS 'past_due, currently_due, pending_verification, future_due (by rules to come), eventually_due or met.';
COMMENT ON COLUMN pay.requirements.awaiting IS 'Who must act: merchant, stripe or none.';
COMMENT ON COLUMN pay.requirements.deadline IS 'Until when it must be given; NULL = Stripe says none.';
COMMENT ON COLUMN pay.requirements.error_code IS 'Why what was sent is refused, for programs; NULL = it is not.';
COMMENT ON COLUMN pay.requirements.error_reason IS 'Why what was sent is refused, in Stripe''s words.';
COMMENT ON COLUMN pay.requirements.first_seen_at IS 'When it was first wanted.';
COMMENT ON COLUMN pay.requirements.last_seen_at IS 'When an observation that was written last had it.';
COMMENT ON COLUMN pay.requirements.met_at IS 'When it was found to be wanted no longer.';
