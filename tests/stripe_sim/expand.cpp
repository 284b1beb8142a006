// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/expand.hpp"

#include "tests/stripe_sim/error.hpp"

#include <algorithm>

namespace stripe_sim {
namespace {

size_t skip_string(std::string_view text, size_t quote) {
    for (size_t i = quote + 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            return i + 1;
        }
    }
    return text.size();
}

size_t skip_value(std::string_view text, size_t start) {
    int depth = 0;
    for (size_t i = start; i < text.size();) {
        char c = text[i];
        if (c == '"') {
            i = skip_string(text, i);
            continue;
        }
        if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            if (depth == 0) {
                return i;
            }
            --depth;
        } else if (c == ',' && depth == 0) {
            return i;
        }
        ++i;
    }
    return text.size();
}

ApiError cannot_expand(const std::string& path) {
    return parameter_invalid("", "expand",
                             "This property cannot be expanded (" + path +
                                 "). You may want to try expanding a different property.");
}

/// Expands within each element of an array.
Text expand_elements(std::string_view array, std::string_view path, const Resolve& resolve,
                     const std::string& whole_path) {
    std::string out = "[";
    for (size_t at = 1; at < array.size() && array[at] != ']';) {
        size_t end = skip_value(array, at);
        auto element = std::make_shared<const std::string>(array.substr(at, end - at));
        out += (out.size() > 1 ? "," : "") + *expand(element, path, resolve, whole_path);
        at = array[end] == ',' ? end + 1 : end;
    }
    return std::make_shared<const std::string>(out + "]");
}

}  // namespace

std::string_view find_member(std::string_view object, std::string_view member) {
    size_t at = 1;
    while (at < object.size() && object[at] == '"') {
        size_t key_end = skip_string(object, at);
        std::string_view key = object.substr(at + 1, key_end - at - 2);
        size_t end = skip_value(object, key_end + 1);
        if (key == member) {
            return object.substr(key_end + 1, end - key_end - 1);
        }
        at = end + 1;
    }
    return {};
}

Text expand(const Text& object, std::string_view path, const Resolve& resolve,
            const std::string& whole_path) {
    size_t dot = path.find('.');
    std::string_view name = path.substr(0, dot);
    std::string_view value = find_member(*object, name);
    if (value == "null") {
        return object;
    }
    bool is_id = value.size() > 2 && value.front() == '"';
    bool is_array = !value.empty() && value.front() == '[' && dot != std::string_view::npos;
    Text inner;
    if (is_array) {
        inner = expand_elements(value, path.substr(dot + 1), resolve, whole_path);
    } else if (!value.empty() && value.front() == '{') {
        inner = std::make_shared<const std::string>(value);
    } else if (value.empty() || is_id) {
        std::string id = is_id ? std::string(value.substr(1, value.size() - 2)) : "";
        inner = resolve(*object, name, id);
    }
    if (!inner) {
        throw cannot_expand(whole_path);
    }
    if (inner->empty()) {
        return object;
    }
    if (dot != std::string_view::npos && !is_array) {
        inner = expand(inner, path.substr(dot + 1), resolve, whole_path);
    }
    std::string out;
    out.reserve(object->size() + inner->size() + name.size() + 8);
    if (value.empty()) {
        out.append(*object, 0, object->size() - 1).append(",\"").append(name).append("\":");
        out.append(*inner).append("}");
    } else {
        auto start = static_cast<size_t>(value.data() - object->data());
        out.append(*object, 0, start).append(*inner);
        out.append(*object, start + value.size());
    }
    return std::make_shared<const std::string>(std::move(out));
}

std::vector<std::string> expand_paths(const Json& params, bool list) {
    std::vector<std::string> paths;
    for (const Json& entry : member(params, "expand")) {
        auto path = entry.get<std::string>();
        if (std::count(path.begin(), path.end(), '.') > 3) {
            throw parameter_invalid(
                "", "expand", "You cannot expand more than 4 levels of a property (" + path + ").");
        }
        if (list) {
            if (!path.starts_with("data.")) {
                throw cannot_expand(path);
            }
            path.erase(0, 5);
        }
        paths.push_back(path);
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

}  // namespace stripe_sim
