// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/message.hpp"

#include <optional>
#include <string>

namespace paysync::payment_requests {

/// A company's own texts for one kind of message (`pay.mail_template`), in the language nearest to
/// the request's. The operator's text is used where one is missing.
struct CompanyTexts {
    std::string locale;  ///< empty: for every language
    std::optional<std::string> subject;
    std::optional<std::string> text;
    std::optional<std::string> html;
};

/// The company's part of a message: its texts, layout and logo, and the file that it attaches to
/// a request. Empty for a company that has none of its own (`Delivery::plain`).
struct MailBranding {
    std::optional<mail::Attachment> file;  ///< the collect payment file
    std::optional<mail::Attachment> logo;  ///< of the request's brand version; without a name
    std::optional<CompanyTexts> texts;     ///< of the message's kind
    std::optional<std::string> layout;     ///< the HTML document around the texts
};

}  // namespace paysync::payment_requests
