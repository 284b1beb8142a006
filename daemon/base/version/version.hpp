// SPDX-License-Identifier: MIT
#pragma once

namespace paysync {

/// The version of this build, for example `0.1.0`: of `--version`, the log, D-Bus, the metrics, the
/// user agent of HTTP calls, and the rows that say which version could not read an object. One
/// function, so that a new version recompiles one source.
const char* version() noexcept;

}  // namespace paysync
