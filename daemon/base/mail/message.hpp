// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paysync::mail {

/// A display name, possibly empty, and an address.
struct Mailbox {
    std::string name;
    std::string address;
};

/// A file that is attached to a message.
struct Attachment {
    std::string name;
    std::string media_type;
    std::string content;
};

/// A picture inside a message, which the HTML shows as `<img src="cid:ID">`.
struct Picture {
    std::string id;  ///< Content-ID without angle brackets
    std::string media_type;
    std::string content;
};

/// The parts of a message before they are encoded; see to_bytes(). All text is UTF-8.
struct Message {
    Mailbox from;
    Mailbox to;
    std::vector<Mailbox> cc;
    std::optional<Mailbox> reply_to;
    std::string subject;
    std::string message_id;  ///< without angle brackets
    std::int64_t date = 0;   ///< Unix seconds, UTC
    std::string text;        ///< the readable body; always there
    std::string html;        ///< the same in HTML, or empty
    std::optional<Picture> picture;
    std::vector<Attachment> attachments;
    std::vector<std::pair<std::string, std::string>> headers;  ///< further ones, ASCII values
};

/// The message as bytes (RFC 5322, CRLF line ends), all of them ASCII, so that it needs neither
/// BODY=8BITMIME nor SMTPUTF8 for its headers. An address whose local part is not ASCII stands in
/// To and Cc as an empty group with its encoded text for a name (RFC 6857 §3.1.8). The same message
/// gives the same bytes, MIME boundaries included, so that two copies can be recognised as such.
/// Throws std::invalid_argument when a header value holds control characters or an address cannot
/// be written, such as a sender or Reply-To whose local part is not ASCII.
std::string to_bytes(const Message& message);

/// The HTML body for a browser, which cannot resolve `cid:`: with the picture as a `data:` URL.
std::string html_for_browser(const Message& message);

}  // namespace paysync::mail
