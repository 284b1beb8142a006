// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stripe_sim {

/// Finds the text that replaces a member. Gets the owner's text, the member and its id (empty if
/// the owner has no such member). Returns nothing if the member cannot be expanded.
using Resolve =
    std::function<Text(const std::string& owner, std::string_view member, const std::string& id)>;

/// The part of the object's text that is the value of this top-level member; empty if there is
/// none.
std::string_view find_member(std::string_view object, std::string_view member);

/// The object with the member at the dotted path replaced by the object that it names. Throws
/// ApiError for members that cannot be expanded.
Text expand(const Text& object, std::string_view path, const Resolve& resolve,
            const std::string& whole_path);

/// Removes `data.` from the paths of a list and checks their depth. Throws ApiError.
std::vector<std::string> expand_paths(const Json& params, bool list);

}  // namespace stripe_sim
