// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <map>
#include <string>
#include <string_view>

namespace stripe_sim {

/// One part of a multipart form.
struct Part {
    std::string value;
    std::string filename;
    bool file = false;
};

/// Splits a multipart/form-data body. Throws ApiError for any other body.
std::map<std::string, Part> parse_multipart(const std::string& content_type,
                                            const std::string& body);

/// The properties of an image: `png` or `jpg`, and its size in pixels. Empty type = not an image.
struct Image {
    std::string type;
    int64_t width = 0;
    int64_t height = 0;
};
Image image_of(std::string_view bytes);

/// Checks an upload against the rules of its purpose. Throws ApiError.
void check_upload(const std::string& purpose, const Part& file);

}  // namespace stripe_sim
