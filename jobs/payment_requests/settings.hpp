// SPDX-License-Identifier: MIT
#pragma once

#include "config/reader.hpp"
#include "daemon/mail/message.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace paysync::payment_requests {

/// What to do with a letter whose last moment is unknown: leave it to a person, or risk a second
/// copy.
enum class OnInDoubt { hold, resend };

/// The section `jobs.payment_requests`.
struct Settings {
    std::chrono::milliseconds every{2000};
    int concurrency = 16;  ///< mails worked on at once
    OnInDoubt on_in_doubt = OnInDoubt::hold;
    std::chrono::milliseconds give_up_after{432000000};  ///< from the first try of a mail
    std::chrono::milliseconds first_retry{300000};
    std::chrono::milliseconds last_retry{3600000};
};

/// The texts of one kind of mail before they are filled in.
struct Texts {
    std::string subject;
    std::string text;
    std::string html;  ///< the whole document
};

struct Templates {
    Texts request;
    Texts reminder;
    Texts receipt;
    Texts notice;
};

/// Who the letters come from and how they look; the section `mail`.
struct Sender {
    mail::Mailbox from;
    std::map<std::string, mail::Mailbox> from_of_account;  ///< of accounts with another sender
    std::optional<mail::Mailbox> reply_to;
    std::string message_id_domain;
    Templates templates;

    /// Who the letters of a mail account come from.
    const mail::Mailbox& from_of(const std::string& account) const {
        const auto found = from_of_account.find(account);
        return found == from_of_account.end() ? from : found->second;
    }
};

/// The built-in templates, or those of `folder` where it has a file of the same name. Throws
/// std::runtime_error naming a file that cannot be read or filled in.
Templates load_templates(const std::optional<std::filesystem::path>& folder);

/// Reads the job's own keys and refuses unknown ones.
Settings settings_from(config::Section section, std::chrono::milliseconds every);

}  // namespace paysync::payment_requests
