// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

namespace paysync::mail {

/// The values of a template by their names.
using Values = std::map<std::string, std::string>;

/// How values are escaped: for HTML by the place where they stand (text, attribute, URL), or not at
/// all.
enum class Escape { html, none };

/// Fills in a template: `{{NAME}}` is a value, and `{{#NAME}}…{{/NAME}}` is kept only when the
/// value is not empty. Throws std::invalid_argument when the template does not parse, or uses a
/// name that `values` lacks.
std::string render(const std::string& text, const Values& values, Escape escape);

}  // namespace paysync::mail
