// SPDX-License-Identifier: MIT
#pragma once

#include "config/reader.hpp"
#include "daemon/mail/message.hpp"

#include <chrono>
#include <filesystem>
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
    int max_attempts = 12;  ///< deliveries deferred by the server before giving up
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
    std::optional<mail::Mailbox> reply_to;
    std::string message_id_domain;
    Templates templates;
};

/// The built-in templates, or those of `folder` where it has a file of the same name. Throws
/// std::runtime_error naming a file that cannot be read or filled in.
Templates load_templates(const std::optional<std::filesystem::path>& folder);

/// Reads the job's own keys and refuses unknown ones.
Settings settings_from(config::Section section, std::chrono::milliseconds every);

}  // namespace paysync::payment_requests
