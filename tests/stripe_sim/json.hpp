// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace stripe_sim {

/// JSON that keeps the order of members, so that objects read like Stripe's, with id and object
/// first.
using Json = nlohmann::ordered_json;

/// The text of an object as it is sent; shared, so that a page can be joined outside the lock.
using Text = std::shared_ptr<const std::string>;

/// The compact UTF-8 form. Invalid UTF-8 is replaced and never throws.
std::string dump(const Json& value);
Text to_text(const Json& value);

/// The text, or null if it is empty.
Json text_or_null(const std::string& text);
/// The member as text, or the fallback if it is missing, null or not a string.
std::string text_of(const Json& object, const char* key, const std::string& fallback = "");
/// The member as an integer, or the fallback if it is missing, null or not an integer.
int64_t int_of(const Json& object, const char* key, int64_t fallback = 0);
/// The member as a boolean, or the fallback if it is missing, null or not a boolean.
bool bool_of(const Json& object, const char* key, bool fallback = false);
/// The member, or null if it is missing.
Json member(const Json& object, const char* key);

/// Merges the patch into the value (RFC 7396): null removes, objects merge, anything else replaces.
void merge(Json& value, const Json& patch);
/// As merge(), but null is stored as null.
void overlay(Json& value, const Json& patch);

}  // namespace stripe_sim
