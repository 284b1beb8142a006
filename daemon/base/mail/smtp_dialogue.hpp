// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/outcome.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace paysync::mail {

/// What a server has said that it can do, for as long as its connection lives.
struct SmtpOffer {
    bool utf8 = false;  ///< SMTPUTF8
    bool login = false;
    std::uint64_t size = 0;  ///< largest message in bytes, 0 for no word about it
};

/// What a letter and its account want of the server.
struct SmtpDemand {
    bool starttls = false;  ///< what is offered before TLS counts for nothing
    bool login = false;
    bool utf8 = false;
    std::uint64_t size = 0;
};

/// Follows one transaction by what goes over the wire: which command was last, and how it was
/// answered. Sees logins, keeps nothing of them.
class SmtpDialogue {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// `offer` belongs to the connection.
    SmtpDialogue(SmtpOffer& offer, SmtpDemand demand) : offer_(offer), demand_(demand) {}

    /// A command went out.
    void sent(std::string_view command);
    /// A line of an answer came in; false when the server cannot do what is wanted, so that the
    /// connection must end here (see misfit()).
    bool heard(std::string_view line);
    /// The final dot goes out now.
    void dot_sent();

    Stage stage() const noexcept { return stage_; }
    bool quitting() const noexcept { return quitting_; }
    /// When the last command, or the dot, went out.
    Time stage_began() const noexcept { return stage_began_; }
    /// The reply to the last command, 0 and empty for none; several lines are joined.
    int code() const noexcept { return code_; }
    const std::string& reply() const noexcept { return reply_; }

    /// What is wanted and not offered, in words; empty when all is well. On a connection that is
    /// used again it is known before the first command.
    std::string misfit() const;
    /// The misfit is the letter's, not the account's.
    bool misfit_of_letter() const noexcept { return !demand_.login || offer_.login; }
    /// The misfit ended the connection.
    bool ended_by_misfit() const noexcept { return ended_by_misfit_; }

private:
    void enter(Stage stage);
    void take_offer(std::string_view line);
    void keep(std::string_view line);

    SmtpOffer& offer_;
    SmtpDemand demand_;
    Stage stage_ = Stage::connect;
    Time stage_began_ = std::chrono::steady_clock::now();
    bool encrypted_ = false;
    bool quitting_ = false;
    bool complete_ = true;  // the last reply has had its last line
    bool ended_by_misfit_ = false;
    int code_ = 0;
    std::string reply_;
};

}  // namespace paysync::mail
