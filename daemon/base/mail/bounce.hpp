// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace paysync::mail {

/// A mail server's report about one recipient of a message (RFC 3464).
struct BouncedRecipient {
    std::string address;     ///< as the message had it, else where it went last
    std::string action;      ///< failed, delayed, delivered, relayed or expanded
    std::string status;      ///< enhanced status code, `5.1.1`; empty for none
    std::string diagnostic;  ///< the last server's words: printable ASCII, 500 characters at most
};

/// A delivery status notification: the message by which a mail server returns, or reports about, a
/// message that it took earlier.
struct Bounce {
    std::string message_id;  ///< of the message it is about, without angle brackets; may be empty
    std::string request_id;  ///< that message's X-Paysync-Request; empty when it is not returned
    std::string kind;        ///< that message's X-Paysync-Kind, likewise
    std::vector<BouncedRecipient> recipients;
};

/// Parses a message from the bounce mailbox. Takes any bytes. Nothing when the message is not a
/// delivery status notification in the standard form (multipart/report): free text is not
/// interpreted.
std::optional<Bounce> parse_bounce(const std::string& bytes);

}  // namespace paysync::mail
