// SPDX-License-Identifier: MIT
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/rows.hpp"

#include <memory>

namespace paysync::ctl {

void add_alarms(Commands& commands) {
    const auto display = std::make_shared<Display>();
    auto command =
        commands.add("alarms", "list what a person has to decide", [display](Session& session) {
            return print_rows(session, *display,
                              "SELECT alarm, since, words FROM pay.alarms "
                              "ORDER BY since LIMIT 1000");
        });
    add_watch(command, *display);
}

}  // namespace paysync::ctl
