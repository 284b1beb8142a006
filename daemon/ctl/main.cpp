// SPDX-License-Identifier: MIT
#include "config/error.hpp"
#include "daemon/base/bus/error.hpp"
#include "daemon/base/bus/names.hpp"
#include "daemon/base/cli/command_line.hpp"
#include "daemon/base/db/errors.hpp"
#include "daemon/base/version/version.hpp"
#include "daemon/ctl/commands.hpp"
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
} catch (const std::exception& e) {
    std::cerr << "paysyncctl: " << e.what() << '\n';
    return EXIT_FAILURE;
}

int run(int argc, char** argv) {
    cli::Program program("paysyncctl", "Inspects and controls paysync.",
                         std::string("paysyncctl ") + version());
    Session session;
    auto command = program.command();
    command.text("-c,--config", session.config_path, "configuration file").show_default();
    command.text("-U,--user", session.user,
                 "PostgreSQL role to connect as, instead of the one in the configuration");
    command.require_command();
    program.options_may_follow_commands();
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
<<<<<<< HEAD
    CLI::App app("Shows and steers paysync.", "paysyncctl");
    Invocation call;
    app.add_option("-c,--config", call.config_path, "configuration file")->capture_default_str();
    app.add_option("-U,--user", call.user, "PostgreSQL role to connect as, instead of the file's");
    app.set_version_flag("--version", std::string("paysyncctl ") + version());
    app.require_subcommand(1);
    app.fallthrough();
    add_commands(app, call);
    add_completion(app, call);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? EX_OK : EX_USAGE;
    }
    try {
        if (call.offline) {
            call.offline();
            return EX_OK;
        }
        call.config = config::load_config(call.config_path);
        if (call.live)
            call.live();
        else
            act(call);
    } catch (const config::Error& e) {
        std::cerr << e.what() << '\n';
        return EX_CONFIG;
    } catch (const bus::Error& e) {
        std::cerr << "paysyncctl: " << e.what() << '\n';
        return cli::exit_code(e);
    } catch (const db::Unavailable& e) {
        std::cerr << "paysyncctl: the database does not answer: " << e.what() << '\n';
        return EX_UNAVAILABLE;
    } catch (const std::exception& e) {
        std::cerr << "paysyncctl: " << e.what() << '\n';
        return EXIT_FAILURE;
    }
    return call.failed ? EXIT_FAILURE : EX_OK;
=======
    return paysync::ctl::run(argc, argv);
>>>>>>> 80dbc4e (ctl: one source a command, with its options, help text and action)
}
