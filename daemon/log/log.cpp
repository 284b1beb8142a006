// SPDX-License-Identifier: MIT
#include "daemon/log/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace paysync::log {

namespace {

/// systemd names the device and inode of the journal's stream in $JOURNAL_STREAM; a redirected
/// standard error has another one.
bool stderr_is_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    unsigned long device = 0;
    unsigned long inode = 0;
    struct stat status {};
    return stream && std::sscanf(stream, "%lu:%lu", &device, &inode) == 2 &&
           ::fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
           status.st_ino == inode;
}

}  // namespace

void open(const std::string& level, Target target) {
    const bool journal =
        target == Target::journal || (target == Target::automatic && stderr_is_journal());
    std::shared_ptr<spdlog::logger> logger;
    if (journal) {
        logger = std::make_shared<spdlog::logger>(
            "paysyncd", std::make_shared<spdlog::sinks::systemd_sink_mt>("paysyncd"));
        logger->set_pattern("%v");
    } else {
        logger = std::make_shared<spdlog::logger>(
            "paysyncd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    }
    logger->set_level(spdlog::level::from_str(level));
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(logger);
}

}  // namespace paysync::log
