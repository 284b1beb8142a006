// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/message.hpp"
#include "jobs/payment_requests/delivery.hpp"

#include <map>
#include <optional>
#include <string>

namespace paysync::config {
struct Mail;
}

namespace paysync::payment_requests {

/// The texts of one kind of message, as templates.
struct MessageTexts {
    std::string subject;
    std::string text;
    std::string html;  ///< stands in the layout
};

/// The operator's templates, or the built-in ones.
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
    MailTemplates templates;

    /// The sender of messages that go by this mail account.
    const mail::Mailbox& from_of(const std::string& account) const {
        const auto found = from_of_account.find(account);
        return found == from_of_account.end() ? from : found->second;
    }
};

/// Reads the templates too: a file of the configured folder, else the built-in one of that name.
/// Throws std::runtime_error naming a file that cannot be read or filled in.
SenderProfile sender_profile_from(const config::Mail& section);

}  // namespace paysync::payment_requests
