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

}  // namespace paysync::log
