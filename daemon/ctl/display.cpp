// SPDX-License-Identifier: MIT
#include "daemon/ctl/display.hpp"

#include "daemon/base/db/errors.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

namespace paysync::ctl {

namespace {

constexpr const char* kClearScreen = "\033[H\033[2J";
constexpr int kLongestWatch = 24 * 60 * 60;

}  // namespace

cli::Option add_json(cli::Command& command, Display& display) {
    return command.flag("--json", display.json, "print a JSON array instead of a table");
}

void add_watch(cli::Command& command, Display& display) {
    add_json(command, display);
    command
        .number("-w,--watch", display.watch_every,
                "repeat after this many seconds, until interrupted")
        .between(1, kLongestWatch)
        .type("SECONDS");
}

void add_limit(cli::Command& command, Display& display) {
    command.number("-n,--limit", display.limit, "how many").show_default().positive();
}

int repeat(const Display& display, const std::function<int()>& print) {
    if (!display.watch_every)
        return print();
    int code = EXIT_SUCCESS;
    while (std::cout) {
        if (::isatty(STDOUT_FILENO) != 0)
            std::cout << kClearScreen;
        try {
            code = print();
        } catch (const db::Unavailable& e) {
            std::cerr << "paysyncctl: " << e.what() << '\n';
        }
        std::cout << std::endl;
        std::this_thread::sleep_for(std::chrono::seconds(*display.watch_every));
    }
    return code;
}

}  // namespace paysync::ctl
