// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace paysync::config {

/// A place in a configuration, counted from 1; columns are bytes.
struct Position {
    int line = 1;
    int column = 1;
    std::size_t file = 0;  ///< 0 is the main one, then its drop-ins
};

/// The configuration cannot be used; what() is `FILE:LINE:COLUMN: key.path: message`, fit to be
/// shown as it is.
class Error : public std::runtime_error {
public:
    /// An empty `key` is left out.
    Error(const std::string& file, Position at, const std::string& key, const std::string& message);

    Position at() const noexcept { return at_; }

private:
    Position at_;
};

/// `value` as a message may repeat it: quoted, shortened, control bytes escaped, and hidden when it
/// looks like a key or password that was put in the wrong place.
std::string shown(std::string_view value);

}  // namespace paysync::config
