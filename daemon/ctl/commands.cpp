// SPDX-License-Identifier: MIT
#include "daemon/ctl/commands.hpp"

#include <utility>

namespace paysync::ctl {

Commands::Commands(cli::Program& program, Action& chosen)
    : Commands(program, program.command(), chosen) {}

Commands::Commands(cli::Program& program, cli::Command parent, Action& chosen)
    : program_(program), parent_(parent), chosen_(chosen) {}

cli::Command Commands::add(const std::string& name, const std::string& help, Action action,
                           std::function<void()> check) {
    auto command = parent_.add(name, help);
    command.on_chosen([&chosen = chosen_, action = std::move(action), check = std::move(check)] {
        if (check)
            check();
        chosen = action;
    });
    return command;
}

Commands Commands::group(const std::string& name, const std::string& help) {
    auto group = parent_.add(name, help);
    group.require_command();
    return {program_, group, chosen_};
}

}  // namespace paysync::ctl
