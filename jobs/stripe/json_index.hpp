// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The part of the JSON layer that uses simdjson: finds where fields and elements begin and end.
/// All texts are in the memory of a Document, which simdjson may read a little beyond its end.
namespace paysync::stripe {

/// The object that `raw` is. Throws FieldError when it is something else.
Object index_object(std::string_view raw, std::string path);

/// The elements of the array that `raw` is. Throws FieldError when it is something else.
std::vector<std::string_view> index_array(std::string_view raw, const std::string& path);

/// The text of a JSON string given with its quotes; nothing when an escape is bad.
std::optional<std::string> unescape(std::string_view raw);

/// Whether `raw` is a number as JSON writes it.
bool is_number(std::string_view raw) noexcept;

}  // namespace paysync::stripe
