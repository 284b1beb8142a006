// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/http/curl.hpp"
#include "daemon/base/mail/outcome.hpp"
#include "daemon/base/mail/smtp_account.hpp"
#include "daemon/base/mail/smtp_dialogue.hpp"

#include <string>
#include <vector>

namespace paysync::mail {

class SmtpTransfer;

/// One connection to the mail server over libcurl, kept open between messages. Every call blocks;
/// the object belongs to one thread of SmtpSender.
class SmtpConnection {
public:
    explicit SmtpConnection(const SmtpAccount& account);

    /// Sends the message as far as its coroutine allows (SmtpTransfer::wait_for_decision()), and
    /// says what became of it; `EndedBy::us` when the coroutine aborted it. Never throws. A reused
    /// connection that the server has given up (`DeliveryEffect::reconnect`) is replaced once.
    SendResult send(SmtpTransfer& transfer) noexcept;

    /// Says QUIT and does not wait for the reply.
    void close() noexcept;

private:
    struct Exchange;

    SendResult attempt(SmtpTransfer& transfer);
    SendResult conclude(const Exchange& exchange, CURLcode code, bool reused) const;
    void prepare(Exchange& exchange);
    void hang_up(int how) noexcept;
    void drop() noexcept;
    SmtpRequirements requirements_of(const SmtpTransfer& transfer) const;

    static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
    static int close_socket(void* self, curl_socket_t socket);
    bool peer_has_left() const;

    const SmtpAccount& account_;
    std::string url_;
    std::vector<curl_socket_t> sockets_;  // libcurl's; one, once it is connected
    http::Easy easy_{nullptr, &curl_easy_cleanup};
    SmtpCapabilities capabilities_;
    int messages_ = 0;  // sent over the present connection
};

}  // namespace paysync::mail
