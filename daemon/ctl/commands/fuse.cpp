// SPDX-License-Identifier: MIT
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/rows.hpp"

#include <cstdlib>
#include <iostream>

namespace paysync::ctl {

void add_fuse(Commands& commands) {
    auto group = commands.group("fuse", "the fuse, which holds back mass changes of stages");
    group.add("clear", "let the next mass change through, once", [](Session& session) {
        const bool was_blown = is_true(session, "SELECT pay_private.clear_fuse()");
        std::cout << (was_blown ? "cleared: the next mass change goes through, once\n"
                                : "the fuse was not blown; nothing to do\n");
        return EXIT_SUCCESS;
    });
}

}  // namespace paysync::ctl
