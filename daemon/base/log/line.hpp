// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/log/events.hpp"
#include "daemon/base/log/fields.hpp"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

namespace paysync::log {

/// A log line with fields for the journal, by which `journalctl PAYSYNC_ACCOUNT=acct_1` finds it:
///     log::event(log::kMailInDoubt).request(id).error("mail of {} is in doubt", id);
/// Its words say everything that a person needs, since only the journal keeps fields. Empty values
/// are left out.
class Line {
public:
    Line& event(const Event& event) { return add("MESSAGE_ID", event.message_id); }
    Line& company(std::string name) { return add("PAYSYNC_COMPANY", std::move(name)); }
    Line& account(std::string id) { return add("PAYSYNC_ACCOUNT", std::move(id)); }
    Line& request(std::string id) { return add("PAYSYNC_REQUEST", std::move(id)); }
    Line& job(std::string name) { return add("PAYSYNC_JOB", std::move(name)); }
    Line& stripe_request(std::string id) { return add("STRIPE_REQUEST_ID", std::move(id)); }

    template <typename... A>
    void info(fmt::format_string<A...> words, A&&... values) {
        write(spdlog::level::info, words, std::forward<A>(values)...);
    }
    template <typename... A>
    void warn(fmt::format_string<A...> words, A&&... values) {
        write(spdlog::level::warn, words, std::forward<A>(values)...);
    }
    template <typename... A>
    void error(fmt::format_string<A...> words, A&&... values) {
        write(spdlog::level::err, words, std::forward<A>(values)...);
    }
    template <typename... A>
    void critical(fmt::format_string<A...> words, A&&... values) {
        write(spdlog::level::critical, words, std::forward<A>(values)...);
    }

private:
    Line& add(const char* name, std::string value) {
        if (!value.empty())
            fields_.emplace_back(name, std::move(value));
        return *this;
    }
    template <typename... A>
    void write(spdlog::level::level_enum level, fmt::format_string<A...> words, A&&... values) {
        if (spdlog::should_log(level))
            put(level, fmt::format(words, std::forward<A>(values)...));
    }
    void put(spdlog::level::level_enum level, const std::string& words) const;

    Fields fields_;
};

inline Line about() {
    return {};
}

inline Line event(const Event& event) {
    Line line;
    line.event(event);
    return line;
}

/// The fields of the line that this thread is writing, for sinks.
const Fields& current_fields() noexcept;

}  // namespace paysync::log
