// SPDX-License-Identifier: MIT
#include "daemon/base/db/errors.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/input.hpp"
#include "daemon/ctl/rows.hpp"
#include "daemon/ctl/session.hpp"

#include <cstdlib>
#include <iostream>
#include <memory>

namespace paysync::ctl {

namespace {

void erase(Session& session, const Display& display, const AddressLine& line) try {
    print_rows(session, display, "SELECT * FROM pay_private.erase_subject($1)", {line.address});
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
            session.config();  // a bad configuration is reported before standard input is read
            for (const auto& line : addresses_from(std::cin))
                erase(session, *display, line);
            return EXIT_SUCCESS;
        });
    add_json(command, *display);
}

}  // namespace paysync::ctl
