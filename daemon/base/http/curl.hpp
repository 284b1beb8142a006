// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>

#include <memory>
#include <stdexcept>
#include <string>

/// What all users of libcurl share.
namespace paysync::http {

/// Takes curl_global_init() and its end; the daemon owns one.
class CurlGlobal {
public:
    CurlGlobal() {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
            throw std::runtime_error("curl_global_init failed");
    }
    ~CurlGlobal() { curl_global_cleanup(); }
    CurlGlobal(const CurlGlobal&) = delete;
    CurlGlobal& operator=(const CurlGlobal&) = delete;
};

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using StringList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

/// Throws std::runtime_error when libcurl refuses an option: a bug, or a libcurl built without what
/// we need.
template <typename Value>
void set_option(CURL* easy, CURLoption option, Value value) {
    if (const auto code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
        throw std::runtime_error(std::string("curl_easy_setopt: ") + curl_easy_strerror(code));
}

}  // namespace paysync::http
