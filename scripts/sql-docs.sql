-- SPDX-License-Identifier: MIT
-- The reference of docs/sql.md, a line a row; run by scripts/sql-docs.
SET search_path = pg_catalog;

-- A cell of a table in Markdown: one line, without bars.
CREATE FUNCTION pg_temp.cell(words text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT replace(regexp_replace(coalesce(words, ''), '\s+', ' ', 'g'), '|', '\|')
$$;
CREATE FUNCTION pg_temp.type_name(type oid, modifier integer) RETURNS text LANGUAGE sql AS $$
    SELECT replace(replace(format_type(type, modifier), 'timestamp with time zone', 'timestamptz'), 'character varying', 'varchar')
$$;
-- Who has a right, as the roles' names; the daemon and operators are no readers of this page.
CREATE FUNCTION pg_temp.who(app boolean, reader boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN app AND reader THEN '`pay_app`, `pay_reader`' WHEN app THEN '`pay_app`' WHEN reader THEN '`pay_reader`' END
$$;

\echo
\echo '### Functions'
\echo
SELECT format(E'#### `pay.%s`\n\n%s. For %s%s.\n\n```sql\npay.%s(%s)\n```\n', p.proname,
              rtrim(obj_description(p.oid, 'pg_proc'), '.'),
              coalesce(pg_temp.who(has_function_privilege('pay_app', p.oid, 'EXECUTE'),
                                   has_function_privilege('pay_reader', p.oid, 'EXECUTE')), 'operators'),
              CASE WHEN p.prorettype <> 'void'::regtype
                   THEN format('; returns %s`%s`', CASE WHEN p.proretset THEN 'rows of ' ELSE '' END,
                               pg_temp.type_name(p.prorettype, -1)) END,
              p.proname,
              -- A line for each argument that may be left out.
              regexp_replace(
                  regexp_replace(replace(pg_get_function_arguments(p.oid), 'timestamp with time zone', 'timestamptz'),
                                 '(DEFAULT (?:NULL|''[^'']*''))::[a-z\[\]]+', '\1', 'g'),
                  ', ([a-z_]+ [a-z\[\]]+ DEFAULT)', E',\n    \\1', 'g'))
  FROM pg_proc p
 WHERE p.pronamespace = 'pay'::regnamespace ORDER BY p.proname;

\echo '### Views'
\echo
SELECT format(E'#### `pay.%s`\n\n%s For %s%s.\n\n| column | type | |\n|---|---|---|\n%s\n', c.relname,
              obj_description(c.oid, 'pg_class'),
              coalesce(pg_temp.who(has_any_column_privilege('pay_app', c.oid, 'SELECT'),
                                   has_any_column_privilege('pay_reader', c.oid, 'SELECT')), 'operators'),
              (SELECT ', which does not see ' || string_agg(format('`%s`', a.attname), ', ' ORDER BY a.attnum)
                 FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND has_any_column_privilege('pay_reader', c.oid, 'SELECT')
                  AND NOT has_column_privilege('pay_reader', c.oid, a.attnum, 'SELECT')),
              (SELECT string_agg(format('| `%s` | %s | %s |', a.attname, pg_temp.type_name(a.atttypid, a.atttypmod),
                                        pg_temp.cell(col_description(c.oid, a.attnum))), E'\n' ORDER BY a.attnum)
                 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
  FROM pg_class c
 WHERE c.relnamespace = 'pay'::regnamespace AND c.relkind = 'v' ORDER BY c.relname;

\echo '### Tables'
\echo
\echo 'What `pay_app` may do with a column: **i**nsert, **r**ead, **u**pdate. A column with "needed" has no default.'
\echo
SELECT format(E'#### `pay.%s`\n\n%s%s\n\n| column | type | may | |\n|---|---|---|---|\n%s\n', c.relname,
              obj_description(c.oid, 'pg_class'),
              CASE WHEN has_table_privilege('pay_app', c.oid, 'DELETE') THEN ' Rows may be deleted.' ELSE '' END,
              (SELECT string_agg(format('| `%s` | %s | %s | %s%s |', a.attname, pg_temp.type_name(a.atttypid, a.atttypmod),
                                        concat_ws(' ', CASE WHEN has_column_privilege('pay_app', c.oid, a.attnum, 'INSERT')
                                                             AND a.attidentity <> 'a' THEN 'i' END,
                                                  CASE WHEN has_column_privilege('pay_app', c.oid, a.attnum, 'SELECT') THEN 'r' END,
                                                  CASE WHEN has_column_privilege('pay_app', c.oid, a.attnum, 'UPDATE') THEN 'u' END),
                                        CASE WHEN a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' THEN 'needed; ' ELSE '' END,
                                        pg_temp.cell(col_description(c.oid, a.attnum))), E'\n' ORDER BY a.attnum)
                 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
  FROM pg_class c
 WHERE c.relnamespace = 'pay'::regnamespace AND c.relkind = 'r' ORDER BY c.relname;

\echo '### Types'
\echo
\echo '| type | of | |'
\echo '|---|---|---|'
SELECT format('| `pay.%s` | %s | %s |', t.typname, format_type(t.typbasetype, t.typtypmod),
              pg_temp.cell(obj_description(t.oid, 'pg_type')))
  FROM pg_type t WHERE t.typnamespace = 'pay'::regnamespace AND t.typtype = 'd' ORDER BY t.typname;

\echo
\echo '### Rules'
\echo
\echo 'The constraint field of an error names the rule.'
\echo
\echo '| rule | of | it says |'
\echo '|---|---|---|'
SELECT format('| `%s` | `%s` | %s |', k.conname, coalesce(k.contypid::regtype::text, k.conrelid::regclass::text),
              pg_temp.cell(d.description))
  FROM (SELECT k.conname, nullif(k.contypid, 0) AS contypid, k.conrelid, k.oid FROM pg_constraint k
         WHERE k.connamespace = 'pay'::regnamespace AND k.contype IN ('c', 'f', 'u')) k
  JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass AND d.objsubid = 0
 ORDER BY coalesce(k.contypid::regtype::text, k.conrelid::regclass::text), k.conname;
\echo
