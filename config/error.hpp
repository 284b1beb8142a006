// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace paysync::config {

/// A place in a configuration. Lines and columns count from 1; columns count bytes.
struct Position {
    int line = 1;
    int column = 1;
    std::size_t file = 0;  ///< 0 = the configuration file, then its drop-ins in order
};

/// The configuration is invalid. what() is a complete message for the operator:
///     /etc/paysync/paysync.yaml:12:5: stripe.timeout: must be from 1s to 10m, got '2h'
class Error : public std::runtime_error {
public:
    /// An empty `key` is left out.
    Error(const std::string& file, Position at, const std::string& key, const std::string& message);

    Position at() const noexcept { return at_; }

private:
    Position at_;
};

/// The value for an error message: quoted, shortened, with control bytes escaped. A value that
/// looks like a key or a password in the wrong place becomes `[hidden]`.
std::string shown(std::string_view value);

}  // namespace paysync::config
