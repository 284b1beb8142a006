// SPDX-License-Identifier: MIT
#include "daemon/base/log/line.hpp"

namespace paysync::log {

namespace {

thread_local const Fields* current = nullptr;

}  // namespace

void Line::put(spdlog::level::level_enum level, const std::string& words) const {
    // Sinks are called before log() returns: the logger is not an asynchronous one.
    current = &fields_;
    spdlog::log(level, words);
    current = nullptr;
}

const Fields& current_fields() noexcept {
    static const Fields kNone;
    return current ? *current : kNone;
}

}  // namespace paysync::log
