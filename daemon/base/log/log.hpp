// SPDX-License-Identifier: MIT
#pragma once

#include <string>

/// Level and destination of the log. One line looks like `subject: event: reason; consequence`. No
/// line contains a secret, a payment URL or an unmasked e-mail address.
namespace paysync::log {

enum class Target {
    automatic,  ///< the journal if systemd connected standard error to it, else standard error
    journal,
    standard_error
};

/// Installs the process-wide logger. `level` is one of trace, debug, info, warning, error, as in
/// the configuration key `log.level`. Call it once, before other threads start.
void open(const std::string& level, Target target);

/// Changes the level. The same names as for open(). Any thread.
void set_level(const std::string& level);

// The names of syslog, for `systemctl service-log-level`.

/// debug, info, warning, err or crit; alert if the log is off.
std::string syslog_level();
/// Sets the level. Returns false if there is no such level. Any thread.
bool set_syslog_level(const std::string& level);
/// Where open() directed the log: journal or console.
std::string syslog_target();

}  // namespace paysync::log
