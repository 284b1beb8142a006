// SPDX-License-Identifier: MIT
#include "config/config.hpp"
#include "daemon/base/bus/client.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/session.hpp"

#include <cstdlib>
#include <iostream>
#include <memory>

namespace paysync::ctl {

void add_log_level(Commands& commands) {
    const auto level = std::make_shared<std::string>();
    auto command = commands.add("log-level", "show or set the log level of the daemon on this host",
                                [level](Session& session) {
                                    bus::Client daemon(session.config().bus.name);
                                    if (!level->empty())
                                        daemon.set_log_level(*level);
                                    std::cout << daemon.log_level() << '\n';
                                    return EXIT_SUCCESS;
                                });
    command.text("level", *level, "holds until it is set again or the daemon reloads or restarts")
        .one_of({"debug", "info", "warning", "err"});
}

}  // namespace paysync::ctl
