-- SPDX-License-Identifier: MIT
-- What is kept of erased persons: a salt and salted hashes of their addresses.

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
