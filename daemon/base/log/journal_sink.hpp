// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/log/fields.hpp"

#include <spdlog/sinks/base_sink.h>

#include <mutex>
#include <string>
#include <vector>

namespace paysync::log {

/// What the journal gets for a line: NAME=value of each field, the line's own first. By hand since
/// spdlog's own sink for systemd knows no fields.
std::vector<std::string> journal_entry(spdlog::level::level_enum level, std::string_view words,
                                       const Fields& fields);

class JournalSink final : public spdlog::sinks::base_sink<std::mutex> {
protected:
    void sink_it_(const spdlog::details::log_msg& line) override;
    void flush_() override {}
};

}  // namespace paysync::log
