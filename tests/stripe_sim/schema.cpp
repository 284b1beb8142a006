// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/schema.hpp"

#include "tests/stripe_sim/error.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

namespace stripe_sim {
namespace {

std::string child_name(const std::string& parent, const std::string& key) {
    return parent.empty() ? key : parent + "[" + key + "]";
}

const std::set<std::string, std::less<>> kTypes = {"str", "int", "uint", "bool", "num",
                                                   "obj", "map", "any",  "time"};

bool parse_int(const std::string& text, int64_t& value) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

Json check_int(const std::string& text, const std::string& name, bool negative_allowed) {
    int64_t value = 0;
    if (!parse_int(text, value)) {
        throw parameter_invalid("parameter_invalid_integer", name, "Invalid integer: " + text);
    }
    if (value < 0 && !negative_allowed) {
        throw parameter_invalid("parameter_invalid_integer", name,
                                "This value must be greater than or equal to 0.");
    }
    return value;
}

Json check_map(const Json& value, const std::string& name) {
    if (!value.is_object()) {
        throw parameter_invalid("parameter_invalid_hash", name, "Invalid hash");
    }
    for (const auto& [key, part] : value.items()) {
        std::string part_name = child_name(name, key);
        if (!part.is_string()) {
            throw parameter_invalid("", part_name, "Metadata values must be strings.");
        }
        if (key.empty() || key.size() > 40 || part.get_ref<const std::string&>().size() > 500) {
            throw parameter_invalid("", part_name,
                                    "Metadata keys can have up to 40 characters and values up to "
                                    "500 characters.");
        }
    }
    if (value.size() > 50) {
        throw parameter_invalid("", name, "You may only specify up to 50 metadata keys.");
    }
    return value;
}

Json check_time(const Json& value, const std::string& name) {
    if (value.is_string()) {
        return check_int(value.get<std::string>(), name, true);
    }
    Json out = Json::object();
    for (const auto& [key, part] : value.items()) {
        if (key != "gt" && key != "gte" && key != "lt" && key != "lte") {
            throw parameter_unknown(child_name(name, key));
        }
        if (!part.is_string()) {
            throw parameter_invalid("", child_name(name, key), "Invalid timestamp");
        }
        out[key] = check_int(part.get<std::string>(), child_name(name, key), true);
    }
    return out;
}

}  // namespace

Schema::Schema(std::string_view text) {
    std::istringstream words{std::string(text)};
    std::vector<std::vector<Node*>> open = {{&root_}};
    for (std::string path, type; words >> path;) {
        if (path == "}") {
            open.pop_back();
            continue;
        }
        words >> type;
        std::vector<Node*> nodes;
        for (Node* parent : open.back()) {
            for (Node* node : place(*parent, path)) {
                node->type = type == "{" ? "obj" : type;
                std::istringstream choices(type == "{" || kTypes.contains(type) ? "" : type);
                node->words.clear();
                for (std::string word; std::getline(choices, word, '|');) {
                    node->words.push_back(word);
                }
                nodes.push_back(node);
            }
        }
        if (type == "{") {
            open.push_back(nodes);
        }
    }
}

std::vector<Schema::Node*> Schema::place(Node& parent, const std::string& path) {
    std::vector<Node*> nodes = {&parent};
    std::istringstream parts(path);
    for (std::string part; std::getline(parts, part, '.');) {
        std::string marks;
        while (!part.empty() && std::string_view("!?~[]").find(part.back()) != std::string::npos) {
            marks += part.back();
            part.pop_back();
        }
        auto marked = [&](char mark) { return marks.find(mark) != std::string::npos; };
        std::vector<Node*> next;
        for (Node* above : nodes) {
            std::istringstream names(part);
            for (std::string name; std::getline(names, name, '|');) {
                Node* node = &above->members[name];
                node->array = node->array || marked('[');
                node->required = node->required || marked('!');
                node->clearable = node->clearable || marked('?');
                node->plain_too = node->plain_too || marked('~');
                next.push_back(node);
            }
        }
        nodes = next;
    }
    return nodes;
}

Json Schema::check(const Json& tree) const {
    return check_object(root_, tree, "");
}

Json Schema::check_object(const Node& node, const Json& tree, const std::string& name) {
    if (!tree.is_object()) {
        throw parameter_invalid("parameter_invalid_hash", name, "Invalid object");
    }
    Json out = Json::object();
    for (const auto& [key, value] : tree.items()) {
        auto found = node.members.find(key);
        if (found == node.members.end()) {
            throw parameter_unknown(child_name(name, key));
        }
        out[key] = check_value(found->second, value, child_name(name, key));
    }
    for (const auto& [key, wanted] : node.members) {
        if (wanted.required && !tree.contains(key)) {
            throw parameter_missing(child_name(name, key));
        }
    }
    return out;
}

Json Schema::check_value(const Node& node, const Json& value, const std::string& name) {
    if (value.is_string() && value.get_ref<const std::string&>().empty() &&
        (node.clearable || node.type == "map")) {
        return nullptr;
    }
    if (value.is_string() && node.plain_too) {
        return value;
    }
    if (!node.array) {
        return check_leaf(node, value, name);
    }
    if (!value.is_object()) {
        throw parameter_invalid("parameter_invalid_array", name, "Invalid array");
    }
    std::map<int64_t, const Json*> elements;
    for (const auto& [key, part] : value.items()) {
        int64_t index = 0;
        if (!parse_int(key, index)) {
            throw parameter_invalid("parameter_invalid_array", name, "Invalid array");
        }
        elements[index] = &part;
    }
    Json out = Json::array();
    for (const auto& [index, part] : elements) {
        out.push_back(check_leaf(node, *part, child_name(name, std::to_string(index))));
    }
    return out;
}

Json Schema::check_leaf(const Node& node, const Json& value, const std::string& name) {
    if (node.type == "any") {
        return value;
    }
    if (node.type == "obj") {
        return check_object(node, value, name);
    }
    if (node.type == "map") {
        return check_map(value, name);
    }
    if (node.type == "time") {
        return check_time(value, name);
    }
    if (!value.is_string()) {
        throw parameter_invalid("parameter_invalid_string", name,
                                "Invalid string: expected a simple value");
    }
    const auto& text = value.get_ref<const std::string&>();
    if (node.type == "int" || node.type == "uint") {
        return check_int(text, name, node.type == "int");
    }
    if (text.empty() && node.type == "str") {
        throw parameter_invalid("parameter_invalid_empty", name,
                                "You passed an empty string for '" + name +
                                    "'. We assume empty values are an attempt to unset a "
                                    "parameter; however '" +
                                    name + "' cannot be unset.");
    }
    if (node.type == "bool") {
        if (text != "true" && text != "false") {
            throw parameter_invalid("", name, "Invalid boolean: " + text);
        }
        return text == "true";
    }
    if (node.type == "num") {
        if (text.find_first_not_of("0123456789.") != std::string::npos || text.empty()) {
            throw parameter_invalid("", name, "Invalid decimal: " + text);
        }
        return text;
    }
    if (!node.words.empty() &&
        std::find(node.words.begin(), node.words.end(), text) == node.words.end()) {
        std::string allowed;
        for (const std::string& word : node.words) {
            allowed += (allowed.empty() ? "" : ", ") + word;
        }
        throw parameter_invalid("", name, "Invalid " + name + ": must be one of " + allowed);
    }
    return text;
}

}  // namespace stripe_sim
