// SPDX-License-Identifier: MIT
#include "daemon/ctl/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string>

namespace paysync::ctl {

namespace {

constexpr std::int64_t kBarWidth = 40;

std::string bar(std::int64_t done, std::int64_t total) {
    const auto filled = std::min(done, total) * kBarWidth / std::max<std::int64_t>(total, 1);
    std::string bar(static_cast<std::size_t>(filled), '#');
    bar.resize(kBarWidth, ' ');
    return "\r[" + bar + "] " + std::to_string(done) + " of " + std::to_string(total);
}

}  // namespace

bool Progress::wanted() {
    return isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) == 0;
}

Progress::Progress(std::optional<std::int64_t> total) : total_(total), shown_(wanted()) {}

Progress::~Progress() {
    if (shown_)
        std::cerr << "\r\033[K" << std::flush;
}

void Progress::at(std::int64_t done) {
    if (!shown_)
        return;
    std::cerr << (total_ ? bar(done, *total_) : "\r" + std::to_string(done) + " so far")
              << std::flush;
}

}  // namespace paysync::ctl
