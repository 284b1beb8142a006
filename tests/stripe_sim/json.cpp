// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/json.hpp"

namespace stripe_sim {

std::string dump(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Text to_text(const Json& value) {
    return std::make_shared<const std::string>(dump(value));
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

std::string text_of(const Json& object, const char* key, const std::string& fallback) {
    auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : fallback;
}

int64_t int_of(const Json& object, const char* key, int64_t fallback) {
    auto found = object.find(key);
    return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : fallback;
}

bool bool_of(const Json& object, const char* key, bool fallback) {
    auto found = object.find(key);
    return found != object.end() && found->is_boolean() ? found->get<bool>() : fallback;
}

Json member(const Json& object, const char* key) {
    auto found = object.find(key);
    return found != object.end() ? *found : Json();
}

void merge(Json& value, const Json& patch) {
    if (!patch.is_object()) {
        value = patch;
        return;
    }
    if (!value.is_object()) {
        value = Json::object();
    }
    for (const auto& [key, part] : patch.items()) {
        if (part.is_null()) {
            value.erase(key);
        } else {
            merge(value[key], part);
        }
    }
}

void overlay(Json& value, const Json& patch) {
    if (!patch.is_object() || !value.is_object()) {
        value = patch;
        return;
    }
    for (const auto& [key, part] : patch.items()) {
        overlay(value[key], part);
    }
}

}  // namespace stripe_sim
