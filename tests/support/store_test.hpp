// SPDX-License-Identifier: MIT
#pragma once

#include "tests/support/temp_database.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include <string>

namespace paysync::test {

/// A test of store functions, with its own database and one connection to it.
class StoreTest : public testing::Test {
protected:
    /// Calls a store function in its own transaction, as the pool's workers do.
    template <typename R, typename... P, typename... A>
    R call(R (*function)(pqxx::work&, P...), A... args) {
        pqxx::work tx(connection_);
        if constexpr (std::is_void_v<R>) {
            function(tx, args...);
            tx.commit();
        } else {
            auto result = function(tx, args...);
            tx.commit();
            return result;
        }
    }

    /// Runs a statement and returns the first column of its first row; empty for no row or NULL.
    std::string run(const std::string& sql) {
        pqxx::work tx(connection_);
        const auto rows = tx.exec(sql);
        tx.commit();
        return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
    }

    TempDatabase database_;
    pqxx::connection connection_{database_.dsn()};
};

}  // namespace paysync::test
