// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace paysync::payment_requests {

/// A picture or a file that goes with a letter.
struct Enclosure {
    std::string name;  ///< empty for a picture
    std::string media_type;
    std::string content;
};

/// A company's own texts (pay.mail_template), in the language nearest to the request's.
struct OwnTexts {
    std::string locale;  ///< empty: for every language
    std::optional<std::string> subject;
    std::optional<std::string> text;
    std::optional<std::string> html;
};

/// What a letter is written on and what goes with it, besides the request itself.
struct Stationery {
    std::optional<Enclosure> file;      ///< collect payment file
    std::optional<Enclosure> logo;      ///< of the brand version that the letter is made with
    std::optional<OwnTexts> texts;      ///< of the letter's kind
    std::optional<std::string> layout;  ///< the HTML document around all kinds
};

}  // namespace paysync::payment_requests
