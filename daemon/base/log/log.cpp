// SPDX-License-Identifier: MIT
#include "daemon/base/log/log.hpp"

#include "daemon/base/log/journal_sink.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace paysync::log {

namespace {

bool to_journal = false;

/// syslog's names of our levels. If two names have the same level, syslog_level() returns the
/// first. The daemon writes no line above critical, so `alert` and `emerg` turn the log off.
constexpr std::pair<std::string_view, spdlog::level::level_enum> kSyslogLevels[] = {
    {"debug", spdlog::level::debug}, {"info", spdlog::level::info},
    {"notice", spdlog::level::info}, {"warning", spdlog::level::warn},
    {"err", spdlog::level::err},     {"crit", spdlog::level::critical},
    {"alert", spdlog::level::off},   {"emerg", spdlog::level::off},
};

/// $JOURNAL_STREAM contains the device and inode of the stream that systemd connected to the
/// journal. They differ from those of standard error if it was redirected.
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
        logger = std::make_shared<spdlog::logger>("paysyncd", std::make_shared<JournalSink>());
    } else {
        logger = std::make_shared<spdlog::logger>(
            "paysyncd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    }
    to_journal = journal;
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(logger);
    set_level(level);
}

void set_level(const std::string& level) {
    spdlog::set_level(spdlog::level::from_str(level));
}

bool set_syslog_level(const std::string& level) {
    for (const auto& [name, ours] : kSyslogLevels)
        if (name == level) {
            spdlog::set_level(ours);
            return true;
        }
    return false;
}

std::string syslog_level() {
    const auto level = spdlog::get_level();
    for (const auto& [name, ours] : kSyslogLevels)
        if (ours == level)
            return std::string(name);
    return "debug";  // the level is trace, which syslog does not have
}

std::string syslog_target() {
    return to_journal ? "journal" : "console";
}

}  // namespace paysync::log
