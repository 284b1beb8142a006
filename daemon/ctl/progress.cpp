// SPDX-License-Identifier: MIT
#include "daemon/ctl/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string>

namespace paysync::cli {

namespace {

constexpr std::int64_t kWidth = 40;

std::string bar(std::int64_t done, std::int64_t total) {
    const auto filled = std::min(done, total) * kWidth / std::max<std::int64_t>(total, 1);
    return fmt::format("\r[{:<{}}] {} of {}", std::string(static_cast<std::size_t>(filled), '#'),
                       kWidth, done, total);
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
    std::cerr << (total_ ? bar(done, *total_) : fmt::format("\r{} so far", done)) << std::flush;
}

}  // namespace paysync::cli
