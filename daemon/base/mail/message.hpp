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

/// A file that goes with a message.
struct Attachment {
    std::string name;
    std::string media_type;
    std::string content;
};

/// A picture that the HTML shows as `cid:` followed by its id.
struct Picture {
    std::string id;  ///< Content-ID without angle brackets
    std::string media_type;
    std::string content;
};

/// A message before it is bytes. All text is UTF-8.
struct Message {
    Mailbox from;
    Mailbox to;
    std::vector<Mailbox> cc;
    std::optional<Mailbox> reply_to;
    std::string subject;
    std::string
        message_id;  ///< without angle brackets; chosen once and stored before the first send
    std::int64_t date = 0;  ///< Unix seconds, UTC
    std::string text;       ///< the readable body; always there
    std::string html;       ///< the same in HTML, or empty
    std::optional<Picture> picture;
    std::vector<Attachment> attachments;
    std::vector<std::pair<std::string, std::string>> headers;  ///< more headers, ASCII values
};

/// The message as bytes of RFC 5322 with CRLF line ends: the same message gives the same bytes,
/// boundaries included. Throws std::invalid_argument when a header value holds control characters,
/// or an address cannot be written.
std::string to_bytes(const Message& message);

/// The HTML with its picture inside, for a browser, which shows no `cid:` address.
std::string html_alone(const Message& message);

}  // namespace paysync::mail
