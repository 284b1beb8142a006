// SPDX-License-Identifier: MIT
#pragma once

#include "config/error.hpp"

#include <string>
#include <vector>

namespace paysync::config {

struct Member;

/// A YAML value and its place in the file.
struct Node {
    enum class Kind { empty, scalar, list, map };

    Kind kind = Kind::empty;
    Position at;
    bool plain = true;  ///< of a scalar: without quotes
    std::string text;   ///< of a scalar
    std::vector<Node> items;
    std::vector<Member> members;  ///< of a map, in the order of the file; keys are unique
};

/// A key of a map and its value.
struct Member {
    std::string key;
    Position at;
    Node value;
};

}  // namespace paysync::config
