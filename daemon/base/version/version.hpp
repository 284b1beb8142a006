// SPDX-License-Identifier: MIT
#pragma once

namespace paysync {

/// The version of this build, for example `0.1.0`. Shown by `--version`, the log, D-Bus and the
/// metrics; sent as the user agent of HTTP calls; stored with objects that this version could not
/// read. A function in one source file, so that a new version recompiles only that file.
const char* version() noexcept;

}  // namespace paysync
