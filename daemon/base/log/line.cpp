// SPDX-License-Identifier: MIT
#include "daemon/base/log/line.hpp"

namespace paysync::log {

namespace {

thread_local const Fields* current = nullptr;

}  // namespace

void Line::log(spdlog::level::level_enum level, const std::string& message) const {
    // The logger is synchronous: the sinks read current_fields() before log() returns.
    current = &fields_;
    spdlog::log(level, message);
    current = nullptr;
}

const Fields& current_fields() noexcept {
    static const Fields kNone;
    return current ? *current : kNone;
}

}  // namespace paysync::log
