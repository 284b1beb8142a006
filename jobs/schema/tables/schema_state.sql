-- SPDX-License-Identifier: MIT
-- Which upgrades and whose code this database has. Written by 'paysyncctl migrate' alone.

CREATE TABLE pay_private.schema_upgrade (
    upgrade text PRIMARY KEY,
    breaking boolean NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pay_private.schema_upgrade IS
    'The upgrades of tables that this database has, or was made with; written by paysyncctl migrate.';
COMMENT ON COLUMN pay_private.schema_upgrade.upgrade IS 'Name of the upgrade''s file, without its ending.';
COMMENT ON COLUMN pay_private.schema_upgrade.breaking IS 'Whether older programs must not run on a database that has it.';
COMMENT ON COLUMN pay_private.schema_upgrade.applied_at IS 'When it was applied.';

CREATE TABLE pay_private.schema_code (
    singleton boolean PRIMARY KEY DEFAULT true CONSTRAINT schema_code_one CHECK (singleton),
    hash text NOT NULL,
    version text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pay_private.schema_code IS
    'Which functions, views, triggers and rights this database has; written by paysyncctl migrate.';
COMMENT ON COLUMN pay_private.schema_code.singleton IS 'Always true: there is one row.';
COMMENT ON COLUMN pay_private.schema_code.hash IS 'Hash of the files that they come from.';
COMMENT ON COLUMN pay_private.schema_code.version IS 'The version of paysync that applied them; an older one leaves them alone.';
COMMENT ON COLUMN pay_private.schema_code.applied_at IS 'When they were applied.';
