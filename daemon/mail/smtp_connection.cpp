// SPDX-License-Identifier: MIT
#include "daemon/mail/smtp_connection.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace paysync::mail {

/// The letter's way through curl's callbacks: all bytes, then the wait for the coroutine's word,
/// then the end of file that makes curl send the dot, or an error that makes it hang up.
struct SmtpUpload {
    SmtpJob& job;
    http::StringList recipients;
    std::size_t position = 0;

    static std::size_t read(char* buffer, std::size_t, std::size_t size, void* self) {
        auto& upload = *static_cast<SmtpUpload*>(self);
        const auto& bytes = upload.job.bytes;
        const auto count = std::min(size, bytes.size() - upload.position);
        std::memcpy(buffer, bytes.data() + upload.position, count);
        upload.position += count;
        if (count > 0)
            return count;
        return upload.job.wait_at_dot() ? 0 : CURL_READFUNC_ABORT;
    }

    /// Called at least once a second; ends a transfer that was cut while it waits for the server.
    static int progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        return static_cast<SmtpUpload*>(self)->job.is_cut() ? 1 : 0;
    }
};

namespace {

constexpr std::size_t kMaxReply = 500;

/// Keeps the server's last reply, fit for a log line; its farewell after a refusal says nothing.
std::size_t take_reply(char* data, std::size_t, std::size_t size, void* self) {
    if (std::string_view(data, size).substr(0, 3) == "221")
        return size;
    auto& reply = *static_cast<std::string*>(self);
    reply.assign(data, std::min(size, kMaxReply));
    while (!reply.empty() && (reply.back() == '\n' || reply.back() == '\r'))
        reply.pop_back();
    std::replace_if(
        reply.begin(), reply.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return size;
}

}  // namespace

SmtpConnection::SmtpConnection(const SmtpAccount& account)
    : account_(account),
      url_((account.tls == SmtpAccount::Tls::implicit ? "smtps://" : "smtp://") + account.host +
           ":" + std::to_string(account.port) + "/" + account.ehlo_name) {}

void SmtpConnection::prepare(SmtpJob& job, SmtpUpload& upload, SmtpJob::Result& result,
                             char* problem) {
    using http::set_option;
    if (!easy_)
        easy_.reset(curl_easy_init());
    CURL* const handle = easy_.get();
    curl_easy_reset(handle);  // the connection stays
    set_option(handle, CURLOPT_URL, url_.c_str());
    set_option(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set_option(handle, CURLOPT_PROXY, "");
    set_option(handle, CURLOPT_NOSIGNAL, 1L);
    const bool plain = account_.tls == SmtpAccount::Tls::none;
    set_option(handle, CURLOPT_USE_SSL,
               static_cast<long>(plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (!account_.ca_file.empty())
        set_option(handle, CURLOPT_CAINFO, account_.ca_file.c_str());
    if (!account_.user.empty()) {
        set_option(handle, CURLOPT_USERNAME, account_.user.c_str());
        set_option(handle, CURLOPT_PASSWORD, account_.password.c_str());
    }
    set_option(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(account_.timeout.count()));
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(account_.timeout).count();
    set_option(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(seconds));
    set_option(handle, CURLOPT_CONNECTTIMEOUT, 10L);
    set_option(handle, CURLOPT_MAXAGE_CONN, static_cast<long>(account_.idle.count()));
    set_option(handle, CURLOPT_MAIL_FROM, job.from.c_str());
    set_option(handle, CURLOPT_MAIL_RCPT, upload.recipients.get());
    set_option(handle, CURLOPT_UPLOAD, 1L);
    set_option(handle, CURLOPT_READFUNCTION, &SmtpUpload::read);
    set_option(handle, CURLOPT_READDATA, static_cast<void*>(&upload));
    set_option(handle, CURLOPT_NOPROGRESS, 0L);
    set_option(handle, CURLOPT_XFERINFOFUNCTION, &SmtpUpload::progress);
    set_option(handle, CURLOPT_XFERINFODATA, static_cast<void*>(&upload));
    set_option(handle, CURLOPT_HEADERFUNCTION, &take_reply);
    set_option(handle, CURLOPT_HEADERDATA, static_cast<void*>(&result.reply));
    set_option(handle, CURLOPT_ERRORBUFFER, problem);
}

SmtpJob::Result SmtpConnection::carry(SmtpJob& job) noexcept {
    SmtpJob::Result result;
    try {
        char problem[CURL_ERROR_SIZE] = "";
        SmtpUpload upload{job, {curl_slist_append(nullptr, job.to.c_str()), &curl_slist_free_all}};
        prepare(job, upload, result, problem);
        const CURLcode code = curl_easy_perform(easy_.get());
        long smtp_code = 0;
        long connects = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &smtp_code);
        curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &connects);
        result.curl_code = code;
        result.smtp_code = static_cast<int>(smtp_code);
        result.reused = connects == 0;
        if (code != CURLE_OK)
            result.problem = problem[0] ? problem : curl_easy_strerror(code);
        curl_easy_setopt(easy_.get(), CURLOPT_ERRORBUFFER, nullptr);  // it ends with this frame
    } catch (const std::exception& e) {
        result.curl_code = CURLE_FAILED_INIT;
        result.problem = e.what();
    }
    return result;
}

}  // namespace paysync::mail
