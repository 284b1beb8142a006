// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace paysync::bus {

/// An error of the bus or of the peer. A Control throws it too; Service then sends it as the reply.
class Error final : public std::runtime_error {
public:
    /// `name` is a D-Bus error name such as org.freedesktop.DBus.Error.AccessDenied; `text` is for
    /// people.
    Error(std::string name, const std::string& text)
        : std::runtime_error(text), name_(std::move(name)) {}
    const std::string& name() const noexcept { return name_; }

private:
    std::string name_;
};

}  // namespace paysync::bus
