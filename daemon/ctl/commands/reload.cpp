// SPDX-License-Identifier: MIT
#include "config/config.hpp"
#include "daemon/base/bus/client.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/session.hpp"

#include <cstdlib>
#include <iostream>

namespace paysync::ctl {

void add_reload(Commands& commands) {
    commands.add("reload", "make the daemon on this host use its configuration file as it is now",
                 [](Session& session) {
                     bus::Client(session.config().bus.name).reload();
                     std::cout << "reloaded: the new configuration is in use\n";
                     return EXIT_SUCCESS;
                 });
}

}  // namespace paysync::ctl
