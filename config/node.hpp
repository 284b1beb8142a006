// SPDX-License-Identifier: MIT
#pragma once

#include "config/error.hpp"

#include <string>
#include <vector>

namespace paysync::config {

struct Member;

/// A YAML value with its place in the file.
struct Node {
    enum class Kind { empty, scalar, list, map };

    Kind kind = Kind::empty;
    Position at;
    bool plain = true;  ///< a scalar without quotes
    std::string text;   ///< of a scalar
    std::vector<Node> items;
    std::vector<Member> members;  ///< in the order of the file, keys unique
};

/// A key of a map and what belongs to it.
struct Member {
    std::string key;
    Position at;
    Node value;
};

}  // namespace paysync::config
