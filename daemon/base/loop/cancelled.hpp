// SPDX-License-Identifier: MIT
#pragma once

#include <exception>

namespace paysync {

/// Thrown by every awaitable whose stop token was triggered: unwind, keep nothing half done in
/// memory. Whatever was claimed in the database stays claimed until its lease runs out.
class Cancelled final : public std::exception {
public:
    const char* what() const noexcept override { return "cancelled"; }
};

}  // namespace paysync
