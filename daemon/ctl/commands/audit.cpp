// SPDX-License-Identifier: MIT
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/rows.hpp"

#include <memory>

namespace paysync::ctl {

void add_audit(Commands& commands) {
    const auto display = std::make_shared<Display>();
    auto command = commands.add(
        "audit", "show what re-reading randomly chosen objects has found",
        [display](Session& session) {
            return print_rows(session, *display,
                              "SELECT stream, drawn, differed, at_most, last_at FROM pay.audit "
                              "ORDER BY stream LIMIT 1000");
        });
    add_watch(command, *display);
}

}  // namespace paysync::ctl
