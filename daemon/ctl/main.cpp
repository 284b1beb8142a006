// SPDX-License-Identifier: MIT
#include "config/error.hpp"
#include "config/suggest.hpp"
#include "daemon/base/bus/error.hpp"
#include "daemon/base/bus/names.hpp"
#include "daemon/base/cli/command_line.hpp"
#include "daemon/base/db/errors.hpp"
#include "daemon/base/version/version.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/schema_error.hpp"
#include "daemon/ctl/session.hpp"

#include <sysexits.h>

#include <clocale>
#include <cstdlib>
#include <iostream>

namespace paysync::ctl {

namespace {

/// EX_UNAVAILABLE when there is no bus or no daemon.
int exit_code(const bus::Error& error) {
    if (error.name() == bus::kInvalidConfiguration)
        return EX_CONFIG;
    if (error.name() == "org.freedesktop.DBus.Error.AccessDenied" ||
        error.name() == "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired")
        return EX_NOPERM;
    if (error.name() == "org.freedesktop.DBus.Error.Failed")
        return EXIT_FAILURE;
    return EX_UNAVAILABLE;
}

int act(const Action& action, Session& session) try {
    return action(session);
} catch (const config::Error& e) {
    std::cerr << e.what() << '\n';
    return EX_CONFIG;
} catch (const bus::Error& e) {
    std::cerr << "paysyncctl: " << e.what() << '\n';
    return exit_code(e);
} catch (const db::Unavailable& e) {
    std::cerr << "paysyncctl: the database does not answer: " << e.what() << '\n';
    return EX_UNAVAILABLE;
} catch (const db::StatementError& e) {
    std::cerr << "paysyncctl: " << explained(e, session) << '\n';
    return EXIT_FAILURE;
} catch (const cli::UsageError& e) {
    std::cerr << "paysyncctl: " << e.option() << ": " << e.what() << '\n';
    return EX_USAGE;
} catch (const std::exception& e) {
    std::cerr << "paysyncctl: " << e.what() << '\n';
    return EXIT_FAILURE;
}

int run(int argc, char** argv) {
    cli::Program program("paysyncctl", "Inspects and controls paysync.");
    Session session;
    auto command = program.command();
    command.text("-c,--config", session.config_path, "configuration file").show_default();
    command.text("-U,--user", session.user,
                 "PostgreSQL role to connect as, instead of the one in the configuration");
    program.add_version(std::string("paysyncctl ") + version());
    command.require_command();
    program.options_may_follow_commands();
    program.suggest_with(config::nearest);
    Action action;
    Commands commands(program, action);
    for (const auto add : kAllCommands)
        add(commands);
    if (const auto code = program.parse(argc, argv))
        return *code;
    return act(action, session);
}

}  // namespace

}  // namespace paysync::ctl

int main(int argc, char** argv) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    return paysync::ctl::run(argc, argv);
}
