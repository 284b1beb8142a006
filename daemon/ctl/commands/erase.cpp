// SPDX-License-Identifier: MIT
#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/errors.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/input.hpp"
#include "daemon/ctl/render_rows.hpp"
#include "daemon/ctl/session.hpp"

#include <pqxx/pqxx>

#include <cstdlib>
#include <iostream>
#include <memory>

namespace paysync::ctl {

namespace {

/// Looks through whole tables, so no limit of time applies, except to waits for locks.
void erase(db::Connection& connection, const Display& display, const AddressLine& line) try {
    RenderedRows done;
    connection.run([&](pqxx::work& tx) {
        tx.exec0("SET LOCAL lock_timeout = '10s'");
        done = render_rows(tx, "SELECT * FROM pay_private.erase_subject($1)", {line.address},
                           display.json);
    });
    std::cout << done.text << std::flush;
} catch (const db::StatementError& e) {
    // Raised by erase_subject() for what is no address; class 22 is a text that is no UTF-8.
    if (e.sqlstate() != "PY400" && e.sqlstate().rfind("22", 0) != 0)
        throw;
    throw bad_address(line, "the data of the addresses before it is erased");
}

}  // namespace

void add_erase(Commands& commands) {
    const auto display = std::make_shared<Display>();
    auto command = commands.add(
        "erase", "erase personal data for the addresses on standard input, one per line",
        [display](Session& session) {
            // A bad configuration is reported before standard input is read.
            const auto conninfo = session.conninfo_without_limits();
            const auto lines = addresses_from(std::cin);
            db::Connection connection(conninfo);
            for (const auto& line : lines)
                erase(connection, *display, line);
            return EXIT_SUCCESS;
        });
    add_json(command, *display);
}

}  // namespace paysync::ctl
