-- SPDX-License-Identifier: MIT
-- The roles of the cluster and the two schemas. Run first, before every change of a database: what is there already stays.
-- It ends with SET LOCAL ROLE, so that everything after it is made by, and belongs to, pay_owner.

-- Roles belong to the whole cluster: they may be there already, or be made by another database's migration right now.
DO $$
DECLARE
    wanted CONSTANT text[] := ARRAY[
        'pay_owner', 'Owns the schemas pay and pay_private; functions that act for others run with its rights. Members may migrate.',
        'pay_app', 'Applications: insert companies, commands and payment requests, call the functions, read the views.',
        'pay_reader', 'Reports: read the views of the schema pay.',
        'pay_operator', 'People who run paysync: what paysyncctl needs.',
        'pay_daemon', 'The daemon paysyncd.'];
    by_hand CONSTANT text :=
        (SELECT string_agg(format('CREATE ROLE %I NOLOGIN; ', wanted[i]), '' ORDER BY i) FROM generate_series(1, 9, 2) i)
        || format('GRANT pay_owner TO %I;', current_user);
    name text;
BEGIN
    FOR i IN 1..9 BY 2 LOOP
        name := wanted[i];
        IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
                EXECUTE format('COMMENT ON ROLE %I IS %L', name, wanted[i + 1]);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    NULL;  -- Another database's migration was first.
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'the role % is missing, and % may not create it', name, current_user
                        USING ERRCODE = 'insufficient_privilege',
                              HINT = 'Migrate as a role that may, or let one run this once for the whole cluster: ' || by_hand;
            END;
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'pay_owner' AND (r.rolcanlogin OR r.rolsuper)) THEN
        RAISE EXCEPTION 'the role pay_owner can log in or is a superuser, so it is not the one that paysync means'
            USING ERRCODE = 'invalid_role_specification', HINT = 'ALTER ROLE pay_owner NOLOGIN NOSUPERUSER';
    END IF;
    IF NOT pg_has_role('pay_owner', 'USAGE') THEN
        BEGIN
            GRANT pay_owner TO CURRENT_USER;
        EXCEPTION
            WHEN unique_violation THEN
                NULL;  -- Another database's migration was first.
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION '% is no member of pay_owner, which owns what is migrated', current_user
                    USING ERRCODE = 'insufficient_privilege',
                          HINT = format('Migrate as a member, or let somebody run: GRANT pay_owner TO %I;', current_user);
        END;
    END IF;
END $$;

-- Made by the role that migrates, because pay_owner may not make schemas.
DO $$
BEGIN
    IF to_regclass('pay_private.schema_code') IS NULL THEN
        CREATE SCHEMA pay AUTHORIZATION pay_owner;
        CREATE SCHEMA pay_private AUTHORIZATION pay_owner;
        COMMENT ON SCHEMA pay IS
            'The public contract of paysync: tables that other applications insert into, functions that they call, views that they read.';
        COMMENT ON SCHEMA pay_private IS
            'The daemon''s own tables and helpers; they may change with every version.';
    END IF;
END $$;

SET LOCAL ROLE pay_owner;
