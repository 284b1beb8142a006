// SPDX-License-Identifier: MIT
#include "daemon/base/log/journal_sink.hpp"

#include "daemon/base/log/line.hpp"

#include <fmt/format.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

namespace paysync::log {

namespace {

int priority_of(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::trace:
        case spdlog::level::debug:
            return LOG_DEBUG;
        case spdlog::level::warn:
            return LOG_WARNING;
        case spdlog::level::err:
            return LOG_ERR;
        case spdlog::level::critical:
            return LOG_CRIT;
        default:
            return LOG_INFO;
    }
}

}  // namespace

std::vector<std::string> journal_entry(spdlog::level::level_enum level, std::string_view message,
                                       const Fields& fields) {
    std::vector<std::string> entry;
    entry.push_back(fmt::format("MESSAGE={}", message));
    entry.push_back(fmt::format("PRIORITY={}", priority_of(level)));
    entry.emplace_back("SYSLOG_IDENTIFIER=paysyncd");
    for (const auto& [name, value] : fields)
        entry.push_back(fmt::format("{}={}", name, value));
    return entry;
}

void JournalSink::sink_it_(const spdlog::details::log_msg& line) {
    auto entry =
        journal_entry(line.level, {line.payload.data(), line.payload.size()}, current_fields());
    std::vector<iovec> parts;
    for (auto& field : entry)
        parts.push_back({field.data(), field.size()});
    // An error is ignored: if the journal does not work, there is no place to report it.
    sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

}  // namespace paysync::log
