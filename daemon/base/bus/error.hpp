// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace paysync::bus {

/// What went wrong on the bus, or what is answered instead of a result.
class Error final : public std::runtime_error {
public:
    /// `name` is a D-Bus error name, such as org.freedesktop.DBus.Error.AccessDenied.
    Error(std::string name, const std::string& words)
        : std::runtime_error(words), name_(std::move(name)) {}
    const std::string& name() const noexcept { return name_; }

private:
    std::string name_;
};

}  // namespace paysync::bus
