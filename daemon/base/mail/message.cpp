// SPDX-License-Identifier: MIT
#include "daemon/base/mail/message.hpp"

#include "daemon/base/mail/address.hpp"
#include "daemon/base/mail/gmime_owned.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace paysync::mail {

namespace {

constexpr const char* kUtf8 = "utf-8";

/// Header values come from other applications: a line end in one would start a header of its own.
const char* header_value(const std::string& value, const char* what) {
    const bool control = std::any_of(value.begin(), value.end(), [](char c) {
        return static_cast<unsigned char>(c) < ' ' || c == 127;
    });
    if (control)
        throw std::invalid_argument(std::string(what) + ": control characters are not allowed");
    return value.c_str();
}

void add_mailbox(GMimeMessage* message, GMimeAddressType type, const Mailbox& mailbox) {
    const bool is_recipient = type == GMIME_ADDRESS_TYPE_TO || type == GMIME_ADDRESS_TYPE_CC;
    const auto address = wire_address(mailbox.address, is_recipient);
    if (is_ascii(address)) {
        g_mime_message_add_mailbox(message, type, header_value(mailbox.name, "name"),
                                   address.c_str());
        return;
    }
    const GObjectPtr<InternetAddress> group(internet_address_group_new(mailbox.address.c_str()));
    internet_address_list_add(g_mime_message_get_addresses(message, type), group.get());
}

void set_content(GMimePart* part, const std::string& content, GMimeContentEncoding encoding) {
    const GObjectPtr<GMimeStream> stream(
        g_mime_stream_mem_new_with_buffer(content.data(), content.size()));
    const GObjectPtr<GMimeDataWrapper> wrapper(
        g_mime_data_wrapper_new_with_stream(stream.get(), GMIME_CONTENT_ENCODING_DEFAULT));
    g_mime_part_set_content(part, wrapper.get());
    g_mime_part_set_content_encoding(part, encoding);
}

/// Always UTF-8: GMime's own text setter would choose a charset by the text, and the HTML names
/// UTF-8.
GObjectPtr<GMimeObject> text_part(const char* subtype, const std::string& text) {
    GObjectPtr<GMimePart> part(g_mime_part_new_with_type("text", subtype));
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part.get()), "charset", kUtf8);
    set_content(part.get(), text, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    return GObjectPtr<GMimeObject>(GMIME_OBJECT(part.release()));
}

GObjectPtr<GMimePart> binary_part(const std::string& media_type, const std::string& content) {
    const auto slash = media_type.find('/');
    if (slash == std::string::npos)
        throw std::invalid_argument("attachment: not a media type");
    const auto type = media_type.substr(0, slash);
    const auto subtype = media_type.substr(slash + 1);
    GObjectPtr<GMimePart> part(g_mime_part_new_with_type(header_value(type, "media type"),
                                                         header_value(subtype, "media type")));
    set_content(part.get(), content, GMIME_CONTENT_ENCODING_BASE64);
    return part;
}

GObjectPtr<GMimeObject> attachment_part(const Attachment& attachment) {
    auto part = binary_part(attachment.media_type, attachment.content);
    g_mime_part_set_filename(part.get(), header_value(attachment.name, "attachment name"));
    return GObjectPtr<GMimeObject>(GMIME_OBJECT(part.release()));
}

GObjectPtr<GMimeObject> picture_part(const Picture& picture) {
    auto part = binary_part(picture.media_type, picture.content);
    g_mime_part_set_content_id(part.get(), header_value(picture.id, "picture id"));
    GObjectPtr<GMimeObject> object(GMIME_OBJECT(part.release()));
    g_mime_object_set_disposition(object.get(), "inline");
    return object;
}

/// The boundaries come from the Message-ID, because GMime's random ones would give a message other
/// bytes each time.
GObjectPtr<GMimeObject> multipart(const char* subtype, const std::string& message_id) {
    GObjectPtr<GMimeMultipart> part(g_mime_multipart_new_with_subtype(subtype));
    const std::unique_ptr<char, decltype(&g_free)> digest(
        g_compute_checksum_for_string(G_CHECKSUM_SHA256, (message_id + subtype).c_str(), -1),
        &g_free);
    g_mime_multipart_set_boundary(part.get(), ("=_" + std::string(digest.get(), 32)).c_str());
    return GObjectPtr<GMimeObject>(GMIME_OBJECT(part.release()));
}

void add_part(const GObjectPtr<GMimeObject>& parent, const GObjectPtr<GMimeObject>& child) {
    g_mime_multipart_add(GMIME_MULTIPART(parent.get()), child.get());
}

GObjectPtr<GMimeObject> mime_body(const Message& message) {
    auto body = text_part("plain", message.text);
    if (!message.html.empty()) {
        auto alternative = multipart("alternative", message.message_id);
        add_part(alternative, body);
        add_part(alternative, text_part("html", message.html));
        body = std::move(alternative);
    }
    if (message.picture) {
        auto related = multipart("related", message.message_id);
        g_mime_object_set_content_type_parameter(related.get(), "type", "multipart/alternative");
        add_part(related, body);
        add_part(related, picture_part(*message.picture));
        body = std::move(related);
    }
    if (!message.attachments.empty()) {
        auto mixed = multipart("mixed", message.message_id);
        add_part(mixed, body);
        for (const auto& attachment : message.attachments)
            add_part(mixed, attachment_part(attachment));
        body = std::move(mixed);
    }
    return body;
}

}  // namespace

std::string to_bytes(const Message& message) {
    start_gmime();
    const GObjectPtr<GMimeMessage> mime(g_mime_message_new(TRUE));
    add_mailbox(mime.get(), GMIME_ADDRESS_TYPE_FROM, message.from);
    add_mailbox(mime.get(), GMIME_ADDRESS_TYPE_TO, message.to);
    for (const auto& mailbox : message.cc)
        add_mailbox(mime.get(), GMIME_ADDRESS_TYPE_CC, mailbox);
    if (message.reply_to)
        add_mailbox(mime.get(), GMIME_ADDRESS_TYPE_REPLY_TO, *message.reply_to);
    g_mime_message_set_subject(mime.get(), header_value(message.subject, "subject"), kUtf8);
    g_mime_message_set_message_id(mime.get(), header_value(message.message_id, "Message-ID"));
    const std::unique_ptr<GDateTime, decltype(&g_date_time_unref)> date(
        g_date_time_new_from_unix_utc(message.date), &g_date_time_unref);
    g_mime_message_set_date(mime.get(), date.get());
    for (const auto& [name, value] : message.headers)
        g_mime_object_set_header(GMIME_OBJECT(mime.get()), header_value(name, "header"),
                                 header_value(value, name.c_str()), kUtf8);
    g_mime_message_set_mime_part(mime.get(), mime_body(message).get());

    const std::unique_ptr<GMimeFormatOptions, decltype(&g_mime_format_options_free)> format(
        g_mime_format_options_new(), &g_mime_format_options_free);
    g_mime_format_options_set_newline_format(format.get(), GMIME_NEWLINE_FORMAT_DOS);
    g_mime_format_options_set_param_encoding_method(format.get(),
                                                    GMIME_PARAM_ENCODING_METHOD_RFC2231);
    const GObjectPtr<GMimeStream> stream(g_mime_stream_mem_new());
    g_mime_object_write_to_stream(GMIME_OBJECT(mime.get()), format.get(), stream.get());
    const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
    return std::string(reinterpret_cast<const char*>(bytes->data), bytes->len);
}

std::string html_for_browser(const Message& message) {
    auto html = message.html;
    if (!message.picture)
        return html;
    const auto& [id, media_type, content] = *message.picture;
    const auto address = "cid:" + id;
    const std::unique_ptr<char, decltype(&g_free)> base64(
        g_base64_encode(reinterpret_cast<const guchar*>(content.data()), content.size()), &g_free);
    const auto inside = "data:" + media_type + ";base64," + base64.get();
    for (auto at = html.find(address); at != std::string::npos; at = html.find(address, at))
        html.replace(at, address.size(), inside);
    return html;
}

}  // namespace paysync::mail
