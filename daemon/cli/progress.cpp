// SPDX-License-Identifier: MIT
#include "daemon/cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string>

namespace paysync::cli {

namespace {

constexpr std::int64_t kWidth = 40;

}  // namespace

bool Progress::wanted() {
    return isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) == 0;
}

Progress::Progress(std::int64_t total)
    : total_(std::max<std::int64_t>(total, 1)), shown_(wanted()) {}

Progress::~Progress() {
    if (shown_)
        std::cerr << "\r\033[K" << std::flush;
}

void Progress::at(std::int64_t done) {
    if (!shown_)
        return;
    const auto filled = static_cast<std::size_t>(std::min(done, total_) * kWidth / total_);
    std::cerr << fmt::format("\r[{:<{}}] {} of {}", std::string(filled, '#'), kWidth, done, total_)
              << std::flush;
}

}  // namespace paysync::cli
