// SPDX-License-Identifier: MIT
#include "daemon/base/mail/smtp_login.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

namespace paysync::mail {

namespace {

constexpr std::chrono::seconds kLongestConnect(30);  // login included

/// Header callback: notes the reply 235, by which a server confirms a login.
std::size_t note_login(char* data, std::size_t, std::size_t size, void* logged_in) {
    if (std::string_view(data, size).starts_with("235"))
        *static_cast<bool*>(logged_in) = true;
    return size;
}

void configure_login(CURL* handle, const SmtpAccount& account) {
    using http::set_option;
    using Auth = SmtpAccount::Auth;
    if (account.user.empty())
        return;
    const auto secret = account.secret();
    set_option(handle, CURLOPT_USERNAME, account.user.c_str());
    if (account.auth == Auth::xoauth2)
        set_option(handle, CURLOPT_XOAUTH2_BEARER, secret.c_str());
    else
        set_option(handle, CURLOPT_PASSWORD, secret.c_str());
    if (account.auth != Auth::any)
        set_option(handle, CURLOPT_LOGIN_OPTIONS,
                   account.auth == Auth::plain   ? "AUTH=PLAIN"
                   : account.auth == Auth::login ? "AUTH=LOGIN"
                                                 : "AUTH=XOAUTH2");
}

}  // namespace

std::string smtp_url(const SmtpAccount& account) {
    return (account.tls == SmtpAccount::Tls::implicit ? "smtps://" : "smtp://") + account.host +
           ":" + std::to_string(account.port) + "/" + account.ehlo_name;
}

void configure_server(CURL* handle, const SmtpAccount& account, const std::string& url) {
    using http::set_option;
    set_option(handle, CURLOPT_URL, url.c_str());
    set_option(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set_option(handle, CURLOPT_PROXY, "");
    set_option(handle, CURLOPT_NOSIGNAL, 1L);
    const bool plain = account.tls == SmtpAccount::Tls::none;
    set_option(handle, CURLOPT_USE_SSL,
               static_cast<long>(plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (!account.ca_file.empty())
        set_option(handle, CURLOPT_CAINFO, account.ca_file.c_str());
    configure_login(handle, account);
    const std::chrono::milliseconds connect =
        std::min<std::chrono::milliseconds>(account.timeout, kLongestConnect);
    set_option(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect.count()));
}

std::string try_login(const SmtpAccount& account) try {
    using http::set_option;
    const http::Easy easy(curl_easy_init(), &curl_easy_cleanup);
    const auto url = smtp_url(account);
    char problem[CURL_ERROR_SIZE] = "";
    bool logged_in = false;
    configure_server(easy.get(), account, url);
    set_option(easy.get(), CURLOPT_CONNECT_ONLY, 1L);
    set_option(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(account.timeout.count()));
    set_option(easy.get(), CURLOPT_HEADERFUNCTION, &note_login);
    set_option(easy.get(), CURLOPT_HEADERDATA, static_cast<void*>(&logged_in));
    set_option(easy.get(), CURLOPT_ERRORBUFFER, static_cast<char*>(problem));
    if (const auto code = curl_easy_perform(easy.get()); code != CURLE_OK)
        return problem[0] ? problem : curl_easy_strerror(code);
    // libcurl goes on without a login where the server offers none.
    return account.user.empty() || logged_in ? "" : "the server offers no login";
} catch (const std::exception& e) {
    return e.what();
}

}  // namespace paysync::mail
