// SPDX-License-Identifier: MIT
#include "daemon/base/mail/bounce.hpp"

#include "daemon/base/mail/gmime_owned.hpp"
#include "daemon/base/mail/reply.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace paysync::mail {

namespace {

constexpr int kDeepestPart = 8;
constexpr std::size_t kMostRecipients = 100;
constexpr std::size_t kMaxDiagnostic = 500;

using Fields = std::map<std::string, std::string>;  // names in lower case

std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

std::string trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos)
        return {};
    return std::string(text.substr(first, text.find_last_not_of(kBlank) - first + 1));
}

std::string printable(std::string text) {
    text.resize(std::min(text.size(), kMaxDiagnostic));
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return text;
}

GObjectPtr<GMimeMessage> parse_message(GMimeStream* stream) {
    const GObjectPtr<GMimeParser> parser(g_mime_parser_new_with_stream(stream));
    return GObjectPtr<GMimeMessage>(g_mime_parser_construct_message(parser.get(), nullptr));
}

std::string decoded_content(GMimePart* part) {
    auto* const content = g_mime_part_get_content(part);
    if (!content)
        return {};
    const GObjectPtr<GMimeStream> stream(g_mime_stream_mem_new());
    g_mime_data_wrapper_write_to_stream(content, stream.get());
    const auto* const array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
    return std::string(reinterpret_cast<const char*>(array->data), array->len);
}

/// The groups of fields of a message/delivery-status, folded lines joined.
std::vector<Fields> status_groups(const std::string& text) {
    std::vector<Fields> groups(1);
    std::string* last = nullptr;
    std::size_t start = 0;
    while (start < text.size()) {
        const auto end = std::min(text.find('\n', start), text.size());
        const auto line = std::string_view(text).substr(start, end - start);
        start = end + 1;
        const auto colon = line.find(':');
        if (trimmed(line).empty()) {
            if (!groups.back().empty())
                groups.emplace_back();
            last = nullptr;
        } else if (line.front() == ' ' || line.front() == '\t') {
            if (last)
                *last += " " + trimmed(line);
        } else if (colon != std::string_view::npos) {
            last = &groups.back()[lower_case(trimmed(line.substr(0, colon)))];
            *last = trimmed(line.substr(colon + 1));
        }
        if (groups.size() > kMostRecipients + 1)
            break;
    }
    return groups;
}

std::string field_of(const Fields& fields, const std::string& name) {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
}

/// `a@b.test` of `rfc822; a@b.test`.
std::string without_type(const std::string& value) {
    const auto semicolon = value.find(';');
    auto text = trimmed(semicolon == std::string::npos ? value : value.substr(semicolon + 1));
    if (text.size() > 1 && text.front() == '<' && text.back() == '>')
        text = text.substr(1, text.size() - 2);
    return text;
}

/// `5.1.1` of `5.1.1 (bad destination mailbox address)`; empty when there is no whole code.
std::string status_of(const std::string& value) {
    auto status = leading_status(value);
    const char next = status.size() < value.size() ? value[status.size()] : ' ';
    const bool whole =
        !((next >= 'A' && next <= 'Z') || (next >= 'a' && next <= 'z') || next == '_');
    return whole ? status : std::string();
}

void add_recipients(const std::string& text, Bounce& bounce) {
    for (const auto& group : status_groups(text)) {
        BouncedRecipient recipient;
        recipient.action = lower_case(field_of(group, "action"));
        const auto original = without_type(field_of(group, "original-recipient"));
        const auto final_one = without_type(field_of(group, "final-recipient"));
        if (recipient.action.empty() || (original.empty() && final_one.empty()))
            continue;  // this group is about the message as a whole
        recipient.address = printable(original.empty() ? final_one : original);
        recipient.status = status_of(field_of(group, "status"));
        recipient.diagnostic = printable(without_type(field_of(group, "diagnostic-code")));
        bounce.recipients.push_back(std::move(recipient));
    }
}

void read_original(GMimeMessage* message, Bounce& bounce) {
    const auto header = [&](const char* name) {
        const char* const value = g_mime_object_get_header(GMIME_OBJECT(message), name);
        return value ? printable(trimmed(value)) : std::string();
    };
    if (const char* const id = g_mime_message_get_message_id(message))
        bounce.message_id = printable(id);
    bounce.request_id = header("X-Paysync-Request");
    bounce.kind = header("X-Paysync-Kind");
}

bool is_type(GMimeObject* part, const char* type, const char* subtype) {
    return g_mime_content_type_is_type(g_mime_object_get_content_type(part), type, subtype);
}

void visit_part(GMimeObject* part, Bounce& bounce, int depth) {
    if (!part || depth > kDeepestPart)
        return;
    if (GMIME_IS_MULTIPART(part)) {
        const int count = g_mime_multipart_get_count(GMIME_MULTIPART(part));
        for (int i = 0; i < count; ++i)
            visit_part(g_mime_multipart_get_part(GMIME_MULTIPART(part), i), bounce, depth + 1);
    } else if (GMIME_IS_MESSAGE_PART(part)) {
        if (auto* const original = g_mime_message_part_get_message(GMIME_MESSAGE_PART(part)))
            read_original(original, bounce);
    } else if (GMIME_IS_PART(part)) {
        if (is_type(part, "message", "delivery-status") ||
            is_type(part, "message", "global-delivery-status")) {
            add_recipients(decoded_content(GMIME_PART(part)), bounce);
        } else if (is_type(part, "text", "rfc822-headers") ||
                   is_type(part, "message", "global-headers")) {
            const auto headers = decoded_content(GMIME_PART(part)) + "\n\n";
            const GObjectPtr<GMimeStream> stream(
                g_mime_stream_mem_new_with_buffer(headers.data(), headers.size()));
            if (const auto original = parse_message(stream.get()))
                read_original(original.get(), bounce);
        }
    }
}

}  // namespace

std::optional<Bounce> parse_bounce(const std::string& bytes) {
    start_gmime();
    const GObjectPtr<GMimeStream> stream(
        g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size()));
    const auto message = parse_message(stream.get());
    if (!message)
        return std::nullopt;
    GMimeObject* const body = g_mime_message_get_mime_part(message.get());
    if (!body || !is_type(body, "multipart", "report"))
        return std::nullopt;
    Bounce bounce;
    visit_part(body, bounce, 0);
    if (bounce.recipients.empty())
        return std::nullopt;
    return bounce;
}

}  // namespace paysync::mail
