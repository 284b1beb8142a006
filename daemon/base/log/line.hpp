// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/log/events.hpp"
#include "daemon/base/log/fields.hpp"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

namespace paysync::log {

/// A log line with fields for the journal. `journalctl PAYSYNC_ACCOUNT=acct_1` then finds all lines
/// about an account:
///
///     log::event(log::kMailInDoubt).request(id).error("payment request {}: …", id);
///     log::about().account(account).warn("charges of {}: {}", account, e.what());
///
/// The text must be complete without the fields, because only the journal keeps them. A field with
/// an empty value is omitted. The text is formatted only if its level is enabled. Any thread. A
/// line without fields is written with spdlog::info() and the like.
class Line {
public:
    Line& event(const Event& event) { return add("MESSAGE_ID", event.message_id); }
    Line& company(std::string name) { return add("PAYSYNC_COMPANY", std::move(name)); }
    Line& account(std::string id) { return add("PAYSYNC_ACCOUNT", std::move(id)); }
    Line& request(std::string id) { return add("PAYSYNC_REQUEST", std::move(id)); }
    Line& job(std::string name) { return add("PAYSYNC_JOB", std::move(name)); }
    Line& stripe_request(std::string id) { return add("STRIPE_REQUEST_ID", std::move(id)); }

    template <typename... A>
    void debug(fmt::format_string<A...> format, A&&... values) {
        write(spdlog::level::debug, format, std::forward<A>(values)...);
    }
    template <typename... A>
    void info(fmt::format_string<A...> format, A&&... values) {
        write(spdlog::level::info, format, std::forward<A>(values)...);
    }
    template <typename... A>
    void warn(fmt::format_string<A...> format, A&&... values) {
        write(spdlog::level::warn, format, std::forward<A>(values)...);
    }
    template <typename... A>
    void error(fmt::format_string<A...> format, A&&... values) {
        write(spdlog::level::err, format, std::forward<A>(values)...);
    }
    template <typename... A>
    void critical(fmt::format_string<A...> format, A&&... values) {
        write(spdlog::level::critical, format, std::forward<A>(values)...);
    }

private:
    Line& add(const char* name, std::string value) {
        if (!value.empty())
            fields_.emplace_back(name, std::move(value));
        return *this;
    }
    template <typename... A>
    void write(spdlog::level::level_enum level, fmt::format_string<A...> format, A&&... values) {
        if (spdlog::should_log(level))
            log(level, fmt::format(format, std::forward<A>(values)...));
    }
    void log(spdlog::level::level_enum level, const std::string& message) const;

    Fields fields_;
};

/// Starts a line without an event.
inline Line about() {
    return {};
}

/// Starts a line whose MESSAGE_ID is the event's.
inline Line event(const Event& event) {
    Line line;
    line.event(event);
    return line;
}

/// For sinks: the fields of the line that this thread is writing now; empty for a line of spdlog.
const Fields& current_fields() noexcept;

}  // namespace paysync::log
