// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace stripe_sim {

/// JSON that keeps the order of members, so that objects read as Stripe's: id and object first.
using Json = nlohmann::ordered_json;

/// An object as it goes over the wire; shared, so that a page can be joined outside the lock.
using Text = std::shared_ptr<const std::string>;

/// The compact UTF-8 form; bytes that are no UTF-8 are replaced, never thrown at.
std::string dump(const Json& value);
Text to_text(const Json& value);

/// The text, or null if it is empty.
Json text_or_null(const std::string& text);
/// The member as text, or the fallback if it is missing, null or no string.
std::string text_of(const Json& object, const char* key, const std::string& fallback = "");
/// The member as integer, or the fallback if it is missing, null or no integer.
int64_t int_of(const Json& object, const char* key, int64_t fallback = 0);
/// The member as truth value, or the fallback if it is missing, null or no truth value.
bool bool_of(const Json& object, const char* key, bool fallback = false);
/// The member, or null if it is missing.
Json member(const Json& object, const char* key);

/// Merges the patch into the value (RFC 7396): null removes, objects merge, all else replaces.
void merge(Json& value, const Json& patch);
/// As merge, but null is stored as null.
void overlay(Json& value, const Json& patch);

}  // namespace stripe_sim
