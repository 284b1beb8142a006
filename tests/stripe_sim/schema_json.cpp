// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/schema.hpp"

namespace stripe_sim {
namespace {

[[noreturn]] void mistyped(const std::string& name, const std::string& wanted) {
    throw parameter_invalid("parameter_invalid_" + wanted, name,
                            "Invalid " + wanted + (name.empty() ? "" : ": " + name));
}

/// Metadata: in a form an empty value unsets a key.
Json form_of_map(const Json& value, const std::string& name) {
    if (!value.is_object()) {
        mistyped(name, "object");
    }
    Json out = Json::object();
    for (const auto& [key, part] : value.items()) {
        if (!part.is_string() && !part.is_null()) {
            mistyped(name + "[" + key + "]", "string");
        }
        out[key] = part.is_null() ? Json("") : part;
    }
    return out;
}

}  // namespace

Json Schema::check_json(const Json& body) const {
    return check(form_of(root_, body, ""));
}

Json Schema::form_of(const Node& node, const Json& value, const std::string& name) {
    if (value.is_null() && (node.clearable || node.type == "map")) {
        return "";
    }
    if (!node.array) {
        return form_of_leaf(node, value, name);
    }
    if (!value.is_array()) {
        mistyped(name, "array");
    }
    Json out = Json::object();
    for (const Json& part : value) {
        std::string index = std::to_string(out.size());
        out[index] = form_of_leaf(node, part, name + "[" + index + "]");
    }
    return out;
}

Json Schema::form_of_leaf(const Node& node, const Json& value, const std::string& name) {
    if (node.type == "any") {
        return value;
    }
    if (node.type == "map") {
        return form_of_map(value, name);
    }
    if (node.type == "bool") {
        if (!value.is_boolean()) {
            mistyped(name, "boolean");
        }
        return value.get<bool>() ? "true" : "false";
    }
    if (node.type == "int" || node.type == "uint") {
        if (!value.is_number_integer()) {
            mistyped(name, "integer");
        }
        return std::to_string(value.get<int64_t>());
    }
    if (node.type != "obj") {
        if (!value.is_string()) {
            mistyped(name, "string");
        }
        return value;
    }
    if (!value.is_object()) {
        mistyped(name, "object");
    }
    Json out = Json::object();
    for (const auto& [key, part] : value.items()) {
        std::string part_name = name.empty() ? key : name + "[" + key + "]";
        auto found = node.members.find(key);
        if (found == node.members.end()) {
            throw parameter_unknown(part_name);
        }
        out[key] = form_of(found->second, part, part_name);
    }
    return out;
}

}  // namespace stripe_sim
