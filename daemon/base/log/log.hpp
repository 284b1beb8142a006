// SPDX-License-Identifier: MIT
#pragma once

#include <string>

/// Where log lines go.
namespace paysync::log {

enum class Target {
    automatic,  ///< the journal when standard error is connected to it, else standard error
    journal,
    standard_error
};

/// Sets the process-wide logger: `level` is one of trace, debug, info, warning, error. Call once,
/// before other threads.
void open(const std::string& level, Target target);

/// The same words as open(); any thread, at any time.
void set_level(const std::string& level);

/// The level in syslog's words, as systemctl service-log-level has them.
std::string syslog_level();
/// Answers whether there is such a level.
bool set_syslog_level(const std::string& level);
/// journal or console.
std::string syslog_target();

}  // namespace paysync::log
