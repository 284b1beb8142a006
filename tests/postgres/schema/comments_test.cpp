// SPDX-License-Identifier: MIT
#include "tests/postgres/schema/database.hpp"

#include <fstream>
#include <sstream>

namespace paysync::test {
namespace {

class SchemaComments : public SchemaTest {};

const std::string kOurs = "IN ('pay'::regnamespace, 'pay_private'::regnamespace)";

TEST_F(SchemaComments, SchemasTablesViewsAndSequencesHaveComments) {
    EXPECT_EQ(column("SELECT nspname FROM pg_namespace n WHERE n.oid " + kOurs +
                     " AND obj_description(n.oid, 'pg_namespace') IS NULL"),
              "NULL");
    EXPECT_EQ(column(R"(SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace )" + kOurs +
                     R"( AND c.relkind IN ('r', 'v', 'S') AND obj_description(c.oid, 'pg_class')
                         IS NULL AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid
                             AND d.deptype = 'i' AND c.relkind = 'S'))"),
              "NULL");
}

TEST_F(SchemaComments, ColumnsHaveComments) {
    EXPECT_EQ(column(R"(SELECT c.oid::regclass || '.' || a.attname
                          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                         WHERE c.relnamespace )" +
                     kOurs +
                     R"( AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
                         AND col_description(c.oid, a.attnum) IS NULL)"),
              "NULL");
}

TEST_F(SchemaComments, FunctionsAndDomainsHaveComments) {
    EXPECT_EQ(column("SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace " + kOurs +
                     " AND obj_description(p.oid, 'pg_proc') IS NULL"),
              "NULL");
    EXPECT_EQ(column("SELECT t.oid::regtype FROM pg_type t WHERE t.typtype = 'd' AND "
                     "t.typnamespace " +
                     kOurs + " AND obj_description(t.oid, 'pg_type') IS NULL"),
              "NULL");
}

TEST_F(SchemaComments, ConstraintsThatApplicationsCanBreakHaveComments) {
    EXPECT_EQ(column(R"(SELECT k.conname FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid
                         WHERE k.connamespace )" +
                     kOurs + " AND obj_description(k.oid, 'pg_constraint') IS NULL"),
              "NULL");
}

TEST_F(SchemaComments, ConstraintNamesAreUnique) {
    EXPECT_EQ(column("SELECT conname FROM pg_constraint WHERE connamespace " + kOurs +
                     " GROUP BY conname HAVING count(*) > 1"),
              "NULL");
}

TEST_F(SchemaComments, FunctionsHaveAFixedSearchPath) {
    EXPECT_EQ(column("SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace " + kOurs +
                     // The names in a bound body are resolved when it is created.
                     " AND p.prosqlbody IS NULL AND NOT coalesce(p.proconfig, '{}') @> "
                     "ARRAY['search_path=pay, "
                     "pay_private, pg_temp']"),
              "NULL");
}

TEST_F(SchemaComments, TheManualForApplicationsNamesEveryPublicObject) {
    std::ifstream file(std::string(PAYSYNC_SOURCE_DIR) + "/docs/sql.md");
    std::ostringstream manual;
    manual << file.rdbuf();
    ASSERT_NE(manual.str(), "");
    const auto names = column(R"(
        SELECT DISTINCT 'pay.' || name FROM (
            SELECT relname AS name FROM pg_class
             WHERE relnamespace = 'pay'::regnamespace AND relkind IN ('r', 'v')
            UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'pay'::regnamespace) t)");
    std::istringstream words(names);
    for (std::string name; words >> name;)
        EXPECT_NE(manual.str().find("`" + name), std::string::npos) << name;
    for (const auto* code : {"PY400", "PY403", "PY404", "PY409"})
        EXPECT_NE(manual.str().find(code), std::string::npos) << code;
}

}  // namespace
}  // namespace paysync::test
