// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/http/curl.hpp"
#include "daemon/base/loop/resumption.hpp"

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

/// `Transfer t(multi, easy, stop); const CURLcode code = co_await t;` performs a prepared easy
/// handle, which stays its owner's. Throws Cancelled when `stop` comes first.
class [[nodiscard]] Transfer final : public Resumption {
public:
    Transfer(CurlMulti& multi, CURL* easy, std::stop_token stop);
    CURLcode await_resume();

private:
    friend class CurlMulti;
    void start() override;
    void abandon() noexcept override;
    void finish(CURLcode code);

    CurlMulti& multi_;
    CURL* easy_;
    CURLcode code_ = CURLE_OK;
};

}  // namespace paysync::http
