// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/files.hpp"

#include "tests/stripe_sim/error.hpp"

namespace stripe_sim {
namespace {

constexpr size_t kLargestImage = 512 * 1024;
constexpr int64_t kSmallestSide = 128;

std::string after(const std::string& head, const std::string& mark) {
    size_t start = head.find(mark);
    if (start == std::string::npos) {
        return "";
    }
    start += mark.size();
    size_t end = head.find('"', start);
    return head.substr(start, end - start);
}

ApiError no_multipart() {
    return invalid_request("Invalid request (the multipart body could not be parsed).").forget();
}

int64_t big_endian(std::string_view bytes, size_t at, size_t size) {
    int64_t value = 0;
    for (size_t i = 0; i < size; ++i) {
        value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    }
    return value;
}

/// Walks the segments of a JPEG up to its frame header, which has the size.
Image jpeg_of(std::string_view bytes) {
    size_t at = 2;
    while (at + 9 <= bytes.size() && bytes[at] == '\xff') {
        auto marker = static_cast<unsigned char>(bytes[at + 1]);
        bool frame =
            marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (frame) {
            return {"jpg", big_endian(bytes, at + 7, 2), big_endian(bytes, at + 5, 2)};
        }
        at += 2 + static_cast<size_t>(big_endian(bytes, at + 2, 2));
    }
    return {};
}

}  // namespace

std::map<std::string, Part> parse_multipart(const std::string& content_type,
                                            const std::string& body) {
    size_t mark = content_type.find("boundary=");
    if (mark == std::string::npos) {
        throw no_multipart();
    }
    std::string boundary = content_type.substr(mark + 9);
    boundary = boundary.substr(0, boundary.find(';'));
    if (boundary.starts_with('"')) {
        boundary = after(boundary, "\"");
    }
    const std::string fence = "--" + boundary;
    std::map<std::string, Part> parts;
    size_t at = body.find(fence);
    while (at != std::string::npos) {
        at += fence.size();
        if (body.compare(at, 2, "--") == 0) {
            return parts;
        }
        size_t head = at + 2;
        size_t end_of_head = body.find("\r\n\r\n", head);
        size_t next = body.find("\r\n" + fence, at);
        if (end_of_head == std::string::npos || next == std::string::npos || next < end_of_head) {
            throw no_multipart();
        }
        std::string fields = body.substr(head, end_of_head - head);
        std::string name = after(fields, " name=\"");
        if (name.empty()) {
            throw no_multipart();
        }
        Part& part = parts[name];
        part.file = fields.find("filename=\"") != std::string::npos;
        part.filename = after(fields, "filename=\"");
        size_t start = end_of_head + 4;
        part.value = start < next ? body.substr(start, next - start) : "";
        at = next + 2;
    }
    throw no_multipart();
}

Image image_of(std::string_view bytes) {
    if (bytes.starts_with("\x89PNG\r\n\x1a\n") && bytes.size() >= 24) {
        return {"png", big_endian(bytes, 16, 4), big_endian(bytes, 20, 4)};
    }
    return bytes.starts_with("\xff\xd8") ? jpeg_of(bytes) : Image{};
}

void check_upload(const std::string& purpose, const Part& file) {
    if (file.value.empty()) {
        throw parameter_invalid("", "file", "The file you uploaded is empty.");
    }
    if (purpose != "business_icon" && purpose != "business_logo") {
        throw parameter_invalid("", "purpose",
                                "Invalid purpose: this stand-in takes business_icon and "
                                "business_logo.");
    }
    Image image = image_of(file.value);
    if (image.type.empty()) {
        throw parameter_invalid("", "file",
                                "The file you uploaded is not a supported type. Supported types "
                                "for this purpose: JPG, PNG.");
    }
    if (file.value.size() > kLargestImage) {
        throw parameter_invalid("", "file", "The file is too large: the most is 512 KB.");
    }
    if (image.width < kSmallestSide || image.height < kSmallestSide) {
        throw parameter_invalid("", "file", "The image must be at least 128 by 128 pixels.");
    }
    if (purpose == "business_icon" && image.width != image.height) {
        throw parameter_invalid("", "file", "An icon must be square.");
    }
}

}  // namespace stripe_sim
