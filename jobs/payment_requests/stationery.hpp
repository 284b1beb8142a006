// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/message.hpp"

#include <optional>
#include <string>

namespace paysync::payment_requests {

/// A company's own texts (pay.mail_template), in the language nearest to the request's.
struct OwnTexts {
    std::string locale;  ///< empty: for every language
    std::optional<std::string> subject;
    std::optional<std::string> text;
    std::optional<std::string> html;
};

/// What a letter is written on and what goes with it, besides the request itself.
struct Stationery {
    std::optional<mail::Attachment> file;  ///< collect payment file
    std::optional<mail::Attachment>
        logo;                       ///< nameless, of the brand version that the letter is made with
    std::optional<OwnTexts> texts;  ///< of the letter's kind
    std::optional<std::string> layout;  ///< the HTML document around all kinds
};

}  // namespace paysync::payment_requests
