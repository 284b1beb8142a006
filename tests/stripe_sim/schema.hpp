// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/form.hpp"
#include "tests/stripe_sim/json.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stripe_sim {

/// The parameters of one call, written as text with a pair of words per parameter:
///
///   line_items[]! obj
///   line_items[].quantity! int
///   submit_type auto|pay
///   address { city|line1|line2 str  country! str }
///
/// `!` = required, `?` = an empty value clears (becomes null), `[]` = array, `~` = may be a plain
/// value instead of a hash. Braces hold the members of a hash; `a|b` names several with the same
/// type. Types: str, int, uint (>= 0), bool, num, obj, map (string to string, as metadata), any,
/// time (integer or gt/gte/lt/lte) or the allowed words joined by `|`.
class Schema {
public:
    explicit Schema(std::string_view text);

    /// Checks the raw tree and returns it with types: numbers, booleans and arrays instead of
    /// strings. Throws ApiError for unknown, missing and mistyped parameters.
    Json check(const Json& tree) const;
    Json check(const FormPairs& pairs) const { return check(form_tree(pairs)); }
    /// The same for a JSON body, whose values have types already; null clears.
    Json check_json(const Json& body) const;

private:
    struct Node {
        std::string type = "obj";
        std::vector<std::string> words;
        bool required = false;
        bool clearable = false;
        bool array = false;
        bool plain_too = false;
        std::map<std::string, Node> members;
    };

    static std::vector<Node*> place(Node& parent, const std::string& path);
    static Json check_object(const Node& node, const Json& tree, const std::string& name);
    static Json check_value(const Node& node, const Json& value, const std::string& name);
    static Json check_leaf(const Node& node, const Json& value, const std::string& name);
    static Json form_of(const Node& node, const Json& value, const std::string& name);
    static Json form_of_leaf(const Node& node, const Json& value, const std::string& name);

    Node root_;
};

}  // namespace stripe_sim
