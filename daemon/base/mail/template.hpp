// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

namespace paysync::mail {

using Values = std::map<std::string, std::string>;

/// How values are escaped: for HTML by their context (text, attribute, URL), or not at all.
enum class Escape { html, none };

/// Fills in a template: `{{NAME}}` is a value, `{{#NAME}}…{{/NAME}}` stands only when the value is
/// not empty. Throws std::invalid_argument for a name that `values` does not have, or when the
/// template does not parse.
std::string render(const std::string& text, const Values& values, Escape escape);

}  // namespace paysync::mail
