// SPDX-License-Identifier: MIT
#include "daemon/ctl/completion.hpp"

#include "daemon/ctl/commands.hpp"

#include <cstdlib>
#include <iostream>

namespace paysync::ctl {

void add_completion(Commands& commands) {
    const auto& program = commands.program();
    auto group = commands.group("completion", "print what a shell needs for completion");
    group.add("bash", "print a script for bash", [&program](Session&) {
        std::cout << bash_completion(program.name(), program.describe());
        return EXIT_SUCCESS;
    });
    group.add("list", "print every command with its options, one per line", [&program](Session&) {
        std::cout << option_list(program.describe());
        return EXIT_SUCCESS;
    });
}

}  // namespace paysync::ctl
