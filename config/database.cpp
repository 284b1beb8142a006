// SPDX-License-Identifier: MIT
#include "config/dsn.hpp"
#include "config/sections.hpp"

#include <stdexcept>

namespace paysync::config {

using namespace std::chrono_literals;

Database read_database(const Section& section) {
    Database database;
    database.dsn = section.text("dsn");
    try {
        check_dsn(database.dsn);
    } catch (const std::invalid_argument& e) {
        section.fail("dsn", e.what());
    }
    database.password = section.maybe_secret("password");
    database.workers = section.integer("workers", database.workers, 1, 64);
    database.statement_timeout =
        section.duration("statement_timeout", database.statement_timeout, 1s, 1h);
    database.connect_timeout =
        section.duration("connect_timeout", database.connect_timeout, 2s, 5min);
    section.finish();
    return database;
}

}  // namespace paysync::config
