// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"
#include "daemon/base/mail/message.hpp"
#include "jobs/payment_requests/request.hpp"

#include <map>
#include <optional>
#include <string>

namespace paysync::payment_requests {

/// The texts of one kind of mail before they are filled in.
struct Texts {
    std::string subject;
    std::string text;
    std::string html;  ///< stands in the layout
};

/// The operator's texts.
struct Templates {
    std::string layout;  ///< the HTML document around all kinds, with {{BODY}} in it
    std::map<Kind, Texts> texts;
};

/// Who the letters come from and how they look; the section `mail`.
struct Sender {
    mail::Mailbox from;
    std::map<std::string, mail::Mailbox> from_of_account;  ///< of accounts with another sender
    std::optional<mail::Mailbox> reply_to;
    std::string message_id_domain;
    std::string feedback_id;      ///< the sender's part of Feedback-ID; no such header without
    std::string unsubscribe_url;  ///< with {request_id} in it; no List-Unsubscribe without
    Templates templates;

    /// Who the letters of a mail account come from.
    const mail::Mailbox& from_of(const std::string& account) const {
        const auto found = from_of_account.find(account);
        return found == from_of_account.end() ? from : found->second;
    }
};

/// With the built-in templates, or those of the configured folder where it has a file of the same
/// name. Throws std::runtime_error naming a file that cannot be read or filled in.
Sender sender_from(const config::Mail& section);

}  // namespace paysync::payment_requests
