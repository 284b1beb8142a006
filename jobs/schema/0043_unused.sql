-- SPDX-License-Identifier: MIT
-- Never written: the configuration says which version is asked for, of all objects.
SET LOCAL ROLE pay_owner;

ALTER TABLE pay_private.charge DROP COLUMN api_version;
