// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/loop/resumption.hpp"

#include <curl/curl.h>

#include <memory>
#include <stop_token>

namespace paysync::http {

/// libcurl's multi interface on the loop; keeps connections open between transfers.
class CurlMulti {
public:
    /// `max_connections` bounds the connections that are open at once, 0 for no bound.
    CurlMulti(Loop& loop, long max_connections);
    ~CurlMulti();
    CurlMulti(const CurlMulti&) = delete;
    CurlMulti& operator=(const CurlMulti&) = delete;

    Loop& loop() noexcept;

private:
    friend class Transfer;
    struct State;
    std::unique_ptr<State> state_;
};

/// What a cancelled transfer does to its connection.
enum class OnCancel {
    leave_to_curl,  ///< libcurl closes it, or keeps it when other transfers share it
    /// It is shut down before libcurl may touch it again: taken away in the middle of an SMTP
    /// message, libcurl (7.88) would send the final dot and so hand over what there is.
    cut_connection
};

/// `Transfer t(multi, easy, stop); const CURLcode code = co_await t;` performs a prepared easy
/// handle, which stays its owner's. Throws Cancelled when `stop` comes first.
class [[nodiscard]] Transfer final : public Resumption {
public:
    Transfer(CurlMulti& multi, CURL* easy, std::stop_token stop,
             OnCancel on_cancel = OnCancel::leave_to_curl);
    CURLcode await_resume();

private:
    friend class CurlMulti;
    void start() override;
    void abandon() noexcept override;
    void finish(CURLcode code);

    CurlMulti& multi_;
    CURL* easy_;
    OnCancel on_cancel_;
    curl_socket_t socket_ = CURL_SOCKET_BAD;
    CURLcode code_ = CURLE_OK;
};

/// Takes curl_global_init() and its end; main owns one.
class CurlGlobal {
public:
    CurlGlobal();
    ~CurlGlobal();
    CurlGlobal(const CurlGlobal&) = delete;
    CurlGlobal& operator=(const CurlGlobal&) = delete;
};

/// Throws std::runtime_error when libcurl refuses an option: a bug, or a libcurl built without what
/// we need.
template <typename Value>
void set_option(CURL* easy, CURLoption option, Value value) {
    if (const auto code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
        throw std::runtime_error(std::string("curl_easy_setopt: ") + curl_easy_strerror(code));
}

}  // namespace paysync::http
