// SPDX-License-Identifier: MIT
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/input.hpp"
#include "daemon/ctl/rows.hpp"
#include "daemon/ctl/session.hpp"

#include <cstdlib>
#include <iostream>
#include <memory>

namespace paysync::ctl {

void add_erase(Commands& commands) {
    const auto display = std::make_shared<Display>();
    auto command = commands.add(
        "erase", "erase personal data for the addresses on standard input, one per line",
        [display](Session& session) {
            session.config();  // a bad configuration is reported before standard input is read
            for (const auto& address : addresses_from(std::cin))
                print_rows(session, *display, "SELECT * FROM pay_private.erase_subject($1)",
                           {address});
            return EXIT_SUCCESS;
        });
    add_json(command, *display);
}

}  // namespace paysync::ctl
