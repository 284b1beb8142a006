// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/message.hpp"
#include "jobs/payment_requests/delivery.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace paysync::config {
struct Mail;
}

namespace paysync::payment_requests {

/// The texts of one kind of message in one language, as templates.
struct MessageTexts {
    std::string language;  ///< en, de, …
    std::string subject;
    std::string text;
    std::string html;  ///< stands in the layout
};

/// The operator's templates, or the built-in ones, in one language.
struct MailTemplates {
    std::string layout;  ///< the HTML document around the texts of every kind, with {{BODY}} in it
    std::map<DeliveryKind, MessageTexts> texts;
};

/// The sender of the messages, and their texts for companies without texts of their own: the
/// section `mail` of the configuration. (mail::Sender is another thing: it talks to mail servers.)
struct SenderProfile {
    mail::Mailbox from;
    std::map<std::string, mail::Mailbox> from_of_account;  ///< of accounts with another sender
    std::optional<mail::Mailbox> reply_to;
    std::string message_id_domain;
    std::string feedback_id;      ///< the sender's part of Feedback-ID; empty: no such header
    std::string unsubscribe_url;  ///< with {request_id} in it; empty: no List-Unsubscribe
    std::map<std::string, MailTemplates, std::less<>> templates;  ///< by language; always with en

    /// The texts in the language nearest to a locale.
    const MailTemplates& templates_for(std::string_view locale) const;

    /// The sender of messages that go by this mail account.
    const mail::Mailbox& from_of(const std::string& account) const {
        const auto found = from_of_account.find(account);
        return found == from_of_account.end() ? from : found->second;
    }
};

/// Reads the templates too, for each language the first of these: `request.de.html` of the
/// configured folder, `request.html` there, the built-in one.
/// Throws std::runtime_error naming a file that cannot be read or filled in.
SenderProfile sender_profile_from(const config::Mail& section);

}  // namespace paysync::payment_requests
