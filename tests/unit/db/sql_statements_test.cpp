// SPDX-License-Identifier: MIT
#include "daemon/base/db/sql_statements.hpp"

#include <gtest/gtest.h>

#include <string>

namespace paysync::db {
namespace {

/// "LINE:text" of each statement, a line each.
std::string cut(std::string_view sql) {
    std::string all;
    for (const auto& [line, text] : sql_statements(sql))
        all += std::to_string(line) + ":" + std::string(text) + "\n";
    return all;
}

TEST(SqlStatements, BeginAfterTheCommentsBeforeThem) {
    EXPECT_EQ(cut("-- one; two\n\nSELECT 1;\n/* a /* b; */ */ SELECT 2;SELECT 3"),
              "3:SELECT 1\n4:SELECT 2\n4:SELECT 3\n");
    EXPECT_EQ(cut(""), "");
    EXPECT_EQ(cut(" ;; -- nothing\n"), "");
}

TEST(SqlStatements, KeepSemicolonsInsideOfQuotesAndComments) {
    for (const auto* text :
         {"SELECT 'a;''b;'", R"(SELECT E'a\';b' || e'\\')", R"(SELECT "a;""b;")",
          "DO $$ BEGIN; $x$ ; END $$", "DO $x$ $$;$$ $x$", "SELECT 1 -- a;\n + 1",
          "SELECT /* ; */ 1", "SELECT $1, a$b, 'E';", "SELECT '\\'"}) {
        std::string statement(text);
        if (statement.back() == ';')
            statement.pop_back();
        EXPECT_EQ(cut(statement + ";\nSELECT 2;").substr(2, statement.size()), statement);
        EXPECT_EQ(sql_statements(statement + ";\nSELECT 2;").size(), 2U) << statement;
    }
}

TEST(SqlStatements, EndWithTheTextWhenAQuoteIsNotClosed) {
    for (const auto* text : {"SELECT '", "SELECT \"a", "DO $$ a;", "SELECT /* ;", "SELECT E'\\"})
        EXPECT_EQ(sql_statements(text).size(), 1U) << text;
}

}  // namespace
}  // namespace paysync::db
