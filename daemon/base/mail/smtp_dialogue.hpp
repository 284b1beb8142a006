// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/outcome.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace paysync::mail {

/// The extensions that the server names in its reply to EHLO; valid as long as the connection.
struct SmtpCapabilities {
    bool utf8 = false;  ///< SMTPUTF8
    bool login = false;
    std::uint64_t size = 0;  ///< largest message in bytes; 0 when the server does not say
};

/// The extensions that a message and its account need.
struct SmtpRequirements {
    bool starttls = false;  ///< only capabilities that are announced inside TLS count
    bool login = false;
    bool utf8 = false;
    std::uint64_t size = 0;
};

/// Follows one SMTP transaction on the wire: which command went out last, and what the server
/// replied to it. libcurl reports an error without its command, and the command decides: `421` to
/// RCPT is safe to repeat, a lost connection after the final dot is not.
///
/// Sees passwords go by and keeps nothing of them.
class SmtpDialogue {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// `capabilities` belongs to the connection and is filled in after EHLO.
    SmtpDialogue(SmtpCapabilities& capabilities, SmtpRequirements requirements)
        : capabilities_(capabilities), requirements_(requirements) {}

    void on_command(std::string_view command);
    /// False when the connection must end here: the server lacks a capability.
    bool on_reply_line(std::string_view line);
    /// The final dot goes out now.
    void on_dot();

    Stage stage() const noexcept { return stage_; }
    bool quitting() const noexcept { return quitting_; }
    /// When the last command, or the dot, went out.
    Time stage_began() const noexcept { return stage_began_; }
    /// The reply to the last command, 0 and empty for none; the lines of one reply are joined.
    int code() const noexcept { return code_; }
    const std::string& reply() const noexcept { return reply_; }

    /// A requirement that the server does not meet, in words; empty when it meets all. On a reused
    /// connection it is known before the first command.
    std::string missing_capability() const;
    /// It is a requirement of the message, not of the account.
    bool missing_for_message() const noexcept {
        return !requirements_.login || capabilities_.login;
    }
    /// on_reply_line() ended the connection for it.
    bool ended_by_missing_capability() const noexcept { return ended_by_missing_capability_; }

private:
    void enter(Stage stage);
    void read_capability(std::string_view line);
    void append_reply(std::string_view line);

    SmtpCapabilities& capabilities_;
    SmtpRequirements requirements_;
    Stage stage_ = Stage::connect;
    Time stage_began_ = std::chrono::steady_clock::now();
    bool encrypted_ = false;
    bool quitting_ = false;
    bool complete_ = true;  // the last reply has had its last line
    bool ended_by_missing_capability_ = false;
    int code_ = 0;
    std::string reply_;
};

}  // namespace paysync::mail
