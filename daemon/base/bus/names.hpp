// SPDX-License-Identifier: MIT
#pragma once

#include <string>

/// Names on D-Bus and polkit actions. They are a public interface, documented in paysyncd(8); the
/// files in systemd/ repeat them.
namespace paysync::bus {

inline constexpr const char* kName = "net.clientpoint.PaySync1";
inline constexpr const char* kManagerPath = "/net/clientpoint/PaySync1";
inline constexpr const char* kJobsPath = "/net/clientpoint/PaySync1/job";
inline constexpr const char* kManager = "net.clientpoint.PaySync1.Manager";
inline constexpr const char* kJob = "net.clientpoint.PaySync1.Job";
inline constexpr const char* kInvalidConfiguration =
    "net.clientpoint.PaySync1.Error.InvalidConfiguration";
inline constexpr const char* kUnavailable = "net.clientpoint.PaySync1.Error.Unavailable";
inline constexpr const char* kUnknownJob = "net.clientpoint.PaySync1.Error.UnknownJob";
inline constexpr const char* kLogControlPath = "/org/freedesktop/LogControl1";
inline constexpr const char* kLogControl = "org.freedesktop.LogControl1";

inline constexpr const char* kReloadAction = "net.clientpoint.PaySync1.reload";
inline constexpr const char* kJobsAction = "net.clientpoint.PaySync1.manage-jobs";

}  // namespace paysync::bus
