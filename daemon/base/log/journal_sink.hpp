// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/log/fields.hpp"

#include <spdlog/sinks/base_sink.h>

#include <mutex>
#include <string>
#include <vector>

namespace paysync::log {

/// The journal entry of a log line, as NAME=value strings: first MESSAGE, PRIORITY and
/// SYSLOG_IDENTIFIER, then `fields`. A function of its own so that tests need no journal.
std::vector<std::string> journal_entry(spdlog::level::level_enum level, std::string_view message,
                                       const Fields& fields);

/// Writes log lines to the systemd journal, with the fields of log::Line. spdlog's own systemd sink
/// cannot write fields. Thread-safe; errors of the journal are ignored.
class JournalSink final : public spdlog::sinks::base_sink<std::mutex> {
protected:
    void sink_it_(const spdlog::details::log_msg& line) override;
    void flush_() override {}
};

}  // namespace paysync::log
