-- SPDX-License-Identifier: MIT
-- Records of erasures: a salt, and salted hashes of the erased addresses.

CREATE TABLE pay_private.erase_salt (
    singleton boolean PRIMARY KEY DEFAULT true CONSTRAINT erase_salt_one_row CHECK (singleton),
    salt bytea NOT NULL
);
COMMENT ON TABLE pay_private.erase_salt IS
    'The random salt of this database, hashed together with each erased address; only the owner may read it.';
COMMENT ON COLUMN pay_private.erase_salt.singleton IS 'There is one row.';
COMMENT ON COLUMN pay_private.erase_salt.salt IS 'Random bytes; with other ones no erased address is known any more.';

INSERT INTO pay_private.erase_salt (salt)
VALUES (sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));

CREATE TABLE pay_private.erased (
    pseudonym text PRIMARY KEY,
    erased_at timestamptz NOT NULL DEFAULT now(),
    erased_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE pay_private.erased IS 'Erased persons, by pseudonyms only.';
COMMENT ON COLUMN pay_private.erased.pseudonym IS 'The pseudonym of the address: a salted hash of it.';
COMMENT ON COLUMN pay_private.erased.erased_at IS 'When it was erased first.';
COMMENT ON COLUMN pay_private.erased.erased_by IS 'Database user that asked for it.';
