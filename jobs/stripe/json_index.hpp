// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The part of the JSON layer that knows simdjson: finds where fields and elements begin and end.
/// All texts lie in the memory of a Document, which has room to read beyond its end.
namespace paysync::stripe {

/// The fields of the object that `raw` is. Throws FieldError when it is none.
Object index_object(std::string_view raw, std::string path);

/// The elements of the array that `raw` is. Throws FieldError when it is none.
std::vector<std::string_view> index_array(std::string_view raw, const std::string& path);

/// The text of a JSON string given with its quotes; nothing when an escape is bad.
std::optional<std::string> unescape(std::string_view raw);

/// Whether `raw` is a number as JSON writes it.
bool is_number(std::string_view raw) noexcept;

}  // namespace paysync::stripe
