// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace paysync::mail {

/// What a mail server reports about one recipient of a mail (RFC 3464).
struct BouncedRecipient {
    std::string address;     ///< as it was first written, or where it went last
    std::string action;      ///< failed, delayed, delivered, relayed or expanded
    std::string status;      ///< `5.1.1`; empty when there is none
    std::string diagnostic;  ///< the last server's words, printable ASCII, at most 500 characters
};

/// A delivery status notification.
struct Bounce {
    std::string message_id;  ///< of the mail that it is about, without angle brackets; may be empty
    std::string request_id;  ///< its X-Paysync-Request; empty when it is not given back
    std::string kind;        ///< its X-Paysync-Kind
    std::vector<BouncedRecipient> recipients;
};

/// Reads a mail. Nothing when it is no delivery status notification, whatever else it may be: only
/// what is said in the standard form is believed. Takes any bytes.
std::optional<Bounce> parse_bounce(const std::string& bytes);

}  // namespace paysync::mail
