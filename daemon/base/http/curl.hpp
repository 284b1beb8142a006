// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>

#include <memory>
#include <stdexcept>
#include <string>

/// RAII and error checks for libcurl, shared by the HTTP client and by `mail`.
namespace paysync::http {

/// Calls curl_global_init() and curl_global_cleanup(). Create one in main(), before other threads
/// start, and keep it until the last transfer has ended. Throws std::runtime_error.
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

/// curl_easy_setopt() that throws std::runtime_error if libcurl rejects the option. That is a bug
/// here, or this libcurl was built without a feature that is needed.
template <typename Value>
void set_option(CURL* easy, CURLoption option, Value value) {
    if (const auto code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
        throw std::runtime_error(std::string("curl_easy_setopt: ") + curl_easy_strerror(code));
}

}  // namespace paysync::http
