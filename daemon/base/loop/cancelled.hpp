// SPDX-License-Identifier: MIT
#pragma once

#include <exception>

namespace paysync {

/// Thrown by every awaitable whose stop token was triggered. Not an error: the daemon is shutting
/// down, or the job was stopped.
///
/// Let it pass through. Catch it only to rethrow it or to end the task, and keep no half-finished
/// state in memory. The code that claimed rows in the database releases them (LeaseKeeper); rows
/// that nobody releases are free when their lease expires. Another daemon, or the next start, then
/// continues with them.
class Cancelled final : public std::exception {
public:
    const char* what() const noexcept override { return "cancelled"; }
};

}  // namespace paysync
