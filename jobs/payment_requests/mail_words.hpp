// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/template.hpp"

#include <map>
#include <string>
#include <string_view>

namespace paysync::payment_requests {

/// The phrases of one language by their names, so that the templates of all languages are one. A
/// line of the file `words.de` is `dear: Guten Tag {{RECIPIENT}},`; a template has `[[dear]]`.
using MailWords = std::map<std::string, std::string>;

/// The languages of the built-in texts; the first one is for all others.
inline constexpr std::string_view kMailLanguages[] = {"en", "de", "es", "fr"};

/// The built-in language nearest to a locale, such as de for de-AT; en when there is none.
std::string_view mail_language(std::string_view locale);

/// Reads lines of `name: phrase`. Throws std::invalid_argument with the line that is none.
MailWords parse_words(std::string_view text);

/// The template with the phrases in place of their names, with `Escape::html` escaped for HTML (but
/// for their tags `{{…}}`). Throws std::invalid_argument for a name that the language lacks.
std::string with_words(const std::string& text, const MailWords& words, mail::Escape escape);

}  // namespace paysync::payment_requests
