// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/http/curl.hpp"
#include "daemon/base/loop/cancellable_awaitable.hpp"

#include <memory>
#include <stop_token>

namespace paysync::http {

/// libcurl's multi interface, driven by the event loop. All transfers of one CurlMulti share its
/// pool of connections, which stay open between transfers. Loop thread only.
class CurlMulti {
public:
    /// `max_connections` limits how many connections are open at once; 0 = no limit.
    CurlMulti(Loop& loop, long max_connections);
    /// No transfer may be running.
    ~CurlMulti();
    CurlMulti(const CurlMulti&) = delete;
    CurlMulti& operator=(const CurlMulti&) = delete;

    Loop& loop() noexcept;

private:
    friend class Transfer;
    struct State;
    std::unique_ptr<State> state_;
};

/// Performs the transfer of an easy handle whose options are set:
///
///     Transfer transfer(multi, easy.get(), stop);
///     const CURLcode code = co_await transfer;
///
/// The caller keeps the ownership of the handle, and may use it again afterwards. Throws Cancelled
/// if `stop` is triggered first; the transfer is then aborted and its connection closed.
class [[nodiscard]] Transfer final : public CancellableAwaitable {
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
