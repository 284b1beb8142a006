// SPDX-License-Identifier: MIT
#include "daemon/mail/outcome.hpp"

#include <curl/curl.h>

namespace paysync::mail {

namespace {

bool never_connected(int curl_code) {
    switch (curl_code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_CONNECT:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_USE_SSL_FAILED:
        case CURLE_LOGIN_DENIED:
            return true;
        default:
            return false;
    }
}

Result of_reply(int code) {
    if (code == 421 || code == 454)
        return Result::throttled;
    if (code >= 400 && code < 500)
        return Result::deferred;
    if (code >= 500 && code < 600)
        return Result::refused;
    return Result::not_sent;
}

}  // namespace

Result classify(const Ending& ending) noexcept {
    if (ending.curl_code == CURLE_OK)
        return Result::accepted;
    if (never_connected(ending.curl_code))
        return Result::account_down;
    // A greeting, a hello or a login that is refused is about us, not about the message.
    const bool about_us = ending.curl_code == CURLE_WEIRD_SERVER_REPLY ||
                          ending.curl_code == CURLE_REMOTE_ACCESS_DENIED ||
                          ending.smtp_code == 530 || ending.smtp_code == 535 ||
                          ending.smtp_code == 538;
    if (!ending.dot_released && about_us)
        return ending.smtp_code == 421 ? Result::throttled : Result::account_down;
    // 354 invited the message: it is the last reply for as long as nothing answered the dot.
    const bool answered = ending.smtp_code >= 400 && ending.smtp_code < 600;
    if (ending.dot_released && !answered)
        return Result::in_doubt;
    if (ending.smtp_code == 421 && ending.reused && !ending.dot_released)
        return Result::not_sent;  // an idle connection's old farewell
    return of_reply(ending.smtp_code);
}

const char* to_string(Result result) noexcept {
    switch (result) {
        case Result::accepted:
            return "accepted";
        case Result::refused:
            return "refused";
        case Result::deferred:
            return "deferred";
        case Result::throttled:
            return "throttled";
        case Result::not_sent:
            return "not_sent";
        case Result::account_down:
            return "account_down";
        case Result::in_doubt:
            return "in_doubt";
    }
    return "unknown";
}

}  // namespace paysync::mail
