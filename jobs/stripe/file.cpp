// SPDX-License-Identifier: MIT
#include "jobs/stripe/file.hpp"

#include "jobs/digest.hpp"

namespace paysync::stripe {

File parse_file(std::string_view body) {
    const Document document(body);
    const Object object = document.root();
    object.expect_type("file");
    return File{object.text("id")};
}

Upload upload_of(const std::string& purpose, const std::string& media_type,
                 const std::string& content) {
    const auto boundary = "paysync-" + sha256_hex(content).substr(0, 32);
    const std::string extension = media_type == "image/png" ? ".png" : ".jpg";
    Upload upload;
    upload.content_type = "multipart/form-data; boundary=" + boundary;
    upload.body = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n" +
                  purpose + "\r\n--" + boundary +
                  "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + purpose +
                  extension + "\"\r\nContent-Type: " + media_type + "\r\n\r\n" + content +
                  "\r\n--" + boundary + "--\r\n";
    return upload;
}

}  // namespace paysync::stripe
