-- SPDX-License-Identifier: MIT
-- Discrepancies, restarts of histories by repairs, and the table of rules.

CREATE TABLE pay_private.discrepancy (
    discrepancy_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    account_id text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL DEFAULT 'open'
        CONSTRAINT discrepancy_state CHECK (state IN ('open', 'explained', 'repaired', 'accepted')),
    detected_at timestamptz NOT NULL DEFAULT now(),
    evidence jsonb NOT NULL,
    resolved_at timestamptz,
    verified_at timestamptz,
    resolution text,
    repair_asked_at timestamptz,
    CONSTRAINT discrepancy_resolved_has_time CHECK ((state = 'open') = (resolved_at IS NULL)),
    CONSTRAINT discrepancy_settled_has_words
        CHECK (state NOT IN ('explained', 'accepted') OR coalesce(btrim(resolution), '') <> '')
);
CREATE UNIQUE INDEX discrepancy_one_open ON pay_private.discrepancy (kind, account_id, subject) WHERE state = 'open';
COMMENT ON TABLE pay_private.discrepancy IS 'Broken rules and vanished objects, with the values of both sides; a row is closed when it is repaired, accepted or explained.';
COMMENT ON COLUMN pay_private.discrepancy.discrepancy_id IS 'Number of the row.';
COMMENT ON COLUMN pay_private.discrepancy.kind IS 'Which rule is broken.';
COMMENT ON COLUMN pay_private.discrepancy.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.discrepancy.subject IS 'Id of the object or request that breaks it.';
COMMENT ON COLUMN pay_private.discrepancy.state IS 'open, explained, repaired or accepted.';
COMMENT ON COLUMN pay_private.discrepancy.detected_at IS 'When it was found.';
COMMENT ON COLUMN pay_private.discrepancy.evidence IS 'Both sides, with the reads that showed them.';
COMMENT ON COLUMN pay_private.discrepancy.resolved_at IS 'When it stopped being open.';
COMMENT ON COLUMN pay_private.discrepancy.verified_at IS 'When a later check agreed.';
COMMENT ON COLUMN pay_private.discrepancy.resolution IS 'How it was settled, in words.';
COMMENT ON COLUMN pay_private.discrepancy.repair_asked_at IS 'When somebody last had it repaired; a later check says whether that helped.';

CREATE TABLE pay_private.history_restart (
    history text NOT NULL CONSTRAINT history_restart_history CHECK (history IN ('charge_history', 'stage_event')),
    account_id text NOT NULL,
    subject text NOT NULL,
    first bigint NOT NULL,
    trusted bigint,
    discrepancy_id bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (history, account_id, subject, discrepancy_id));
COMMENT ON TABLE pay_private.history_restart IS
    'Restarts of a broken history by a repair: the entries before are kept as they are and no rule checks them any more.';
COMMENT ON COLUMN pay_private.history_restart.history IS 'charge_history or stage_event.';
COMMENT ON COLUMN pay_private.history_restart.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.history_restart.subject IS 'The charge; for the log of stages the account.';
COMMENT ON COLUMN pay_private.history_restart.first IS 'The first version, or seq, that counts.';
COMMENT ON COLUMN pay_private.history_restart.trusted IS
    'The last version before the break, which the first one that counts must follow; NULL = none.';
COMMENT ON COLUMN pay_private.history_restart.discrepancy_id IS 'The discrepancy that the restart repairs; the newest one counts.';
COMMENT ON COLUMN pay_private.history_restart.created_at IS 'When.';

CREATE TABLE pay_private.rule (
    rule text PRIMARY KEY,
    view text NOT NULL,
    step text,
    step_by text,
    repair_by text,
    recorded boolean NOT NULL DEFAULT true,
    CONSTRAINT rule_has_a_step CHECK ((step IS NULL) <> (step_by IS NULL))
);
COMMENT ON TABLE pay_private.rule IS
    'The rules that verify checks, one row each; filled by the files in jobs/schema/code/rules/ whenever the code is applied.';
COMMENT ON COLUMN pay_private.rule.rule IS 'Name of the rule, for example INV-06.';
COMMENT ON COLUMN pay_private.rule.view IS 'The view in pay_private that finds what breaks it; its comment says what must be true.';
COMMENT ON COLUMN pay_private.rule.step IS 'How it is repaired, a step of pay_private.repair_plan; NULL = step_by chooses.';
COMMENT ON COLUMN pay_private.rule.step_by IS 'Function that chooses the step for a discrepancy; NULL = it is always the same.';
COMMENT ON COLUMN pay_private.rule.repair_by IS 'Function that carries the step out; NULL = the subject is read by its id.';
COMMENT ON COLUMN pay_private.rule.recorded IS 'Whether violations become discrepancies.';
