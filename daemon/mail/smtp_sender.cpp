// SPDX-License-Identifier: MIT
#include "daemon/mail/smtp_sender.hpp"

#include "daemon/loop/cancelled.hpp"
#include "daemon/loop/event.hpp"
#include "daemon/loop/task_group.hpp"
#include "daemon/mail/address.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

namespace paysync::mail {

namespace {

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Recipients = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;
constexpr std::size_t kMaxReply = 500;

/// The message's way through curl's read callback: all bytes, then a pause, then the end of file
/// that makes curl send the dot.
class Body {
public:
    Body(const std::string& bytes, Event& at_dot) : bytes_(bytes), at_dot_(at_dot) {}

    static std::size_t read(char* buffer, std::size_t, std::size_t size, void* self) {
        return static_cast<Body*>(self)->next(buffer, size);
    }
    bool dot_released() const noexcept { return released_; }
    void release() noexcept { released_ = true; }

private:
    std::size_t next(char* buffer, std::size_t size) {
        const auto count = std::min(size, bytes_.size() - position_);
        std::memcpy(buffer, bytes_.data() + position_, count);
        position_ += count;
        if (count > 0 || released_)
            return count;
        at_dot_.signal();
        return CURL_READFUNC_PAUSE;
    }

    const std::string& bytes_;
    Event& at_dot_;
    std::size_t position_ = 0;
    bool released_ = false;
};

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

void refuse_bare_line_ends(const std::string& bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const bool cr = bytes[i] == '\r';
        const bool lf = bytes[i] == '\n';
        if ((cr && (i + 1 == bytes.size() || bytes[i + 1] != '\n')) ||
            (lf && (i == 0 || bytes[i - 1] != '\r')))
            throw std::logic_error("a message with bare line ends must not be sent");
    }
}

/// Runs the transfer beside the coroutine that waits for the dot.
Task<void> perform(http::Transfer& transfer, CURLcode& code, bool& ended, Event& at_dot) {
    try {
        code = co_await transfer;
    } catch (const Cancelled&) {
        code = CURLE_ABORTED_BY_CALLBACK;
    }
    ended = true;
    at_dot.signal();
}

}  // namespace

SmtpSender::SmtpSender(Loop& loop, Account account)
    : multi_(loop, account.max_connections),
      account_(std::move(account)),
      url_((account_.tls == Tls::implicit ? "smtps://" : "smtp://") + account_.host + ":" +
           std::to_string(account_.port) + "/" + account_.ehlo_name) {}

Task<Outcome> SmtpSender::send(Letter letter, BeforeDot& before_dot, std::stop_token stop) {
    const auto from = "<" + wire_address(letter.from) + ">";
    const auto to = "<" + wire_address(letter.to) + ">";
    refuse_bare_line_ends(letter.bytes);

    Event at_dot(multi_.loop());
    Body body(letter.bytes, at_dot);
    Outcome outcome;
    char problem[CURL_ERROR_SIZE] = "";
    const Easy easy(curl_easy_init(), &curl_easy_cleanup);
    const Recipients recipients(curl_slist_append(nullptr, to.c_str()), &curl_slist_free_all);

    CURL* const handle = easy.get();
    http::set_option(handle, CURLOPT_URL, url_.c_str());
    http::set_option(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    http::set_option(handle, CURLOPT_PROXY, "");
    http::set_option(handle, CURLOPT_NOSIGNAL, 1L);
    http::set_option(
        handle, CURLOPT_USE_SSL,
        static_cast<long>(account_.tls == Tls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (!account_.ca_file.empty())
        http::set_option(handle, CURLOPT_CAINFO, account_.ca_file.c_str());
    if (!account_.user.empty()) {
        http::set_option(handle, CURLOPT_USERNAME, account_.user.c_str());
        http::set_option(handle, CURLOPT_PASSWORD, account_.password.c_str());
    }
    http::set_option(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(account_.timeout.count()));
    http::set_option(handle, CURLOPT_CONNECTTIMEOUT, 10L);
    http::set_option(handle, CURLOPT_MAXAGE_CONN, static_cast<long>(account_.idle.count()));
    http::set_option(handle, CURLOPT_MAIL_FROM, from.c_str());
    http::set_option(handle, CURLOPT_MAIL_RCPT, recipients.get());
    http::set_option(handle, CURLOPT_UPLOAD, 1L);
    http::set_option(handle, CURLOPT_READFUNCTION, &Body::read);
    http::set_option(handle, CURLOPT_READDATA, static_cast<void*>(&body));
    http::set_option(handle, CURLOPT_HEADERFUNCTION, &take_reply);
    http::set_option(handle, CURLOPT_HEADERDATA, static_cast<void*>(&outcome.reply));
    http::set_option(handle, CURLOPT_ERRORBUFFER, problem);

    // Until the dot a stop cuts the connection; from then on the answer is waited for.
    std::stop_source cut;
    std::optional<std::stop_callback<std::function<void()>>> relay;
    relay.emplace(stop, [&cut] { cut.request_stop(); });

    CURLcode code = CURLE_OK;
    bool ended = false;
    std::exception_ptr not_committed;
    http::Transfer transfer(multi_, handle, cut.get_token(), http::OnCancel::cut_connection);
    TaskGroup transfers(multi_.loop());
    transfers.spawn(perform(transfer, code, ended, at_dot));
    co_await at_dot;
    if (!ended) {
        relay.reset();
        try {
            co_await before_dot.commit();
        } catch (...) {
            not_committed = std::current_exception();
        }
        if (not_committed) {
            cut.request_stop();
        } else if (!ended) {
            body.release();
            curl_easy_pause(handle, CURLPAUSE_CONT);
        }
    }
    co_await transfers.join();
    if (not_committed)
        std::rethrow_exception(not_committed);
    if (cut.stop_requested())
        throw Cancelled();

    long smtp_code = 0;
    long connects = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &smtp_code);
    curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &connects);
    Ending ending;
    ending.curl_code = code;
    ending.smtp_code = static_cast<int>(smtp_code);
    ending.dot_released = body.dot_released();
    ending.reused = connects == 0;
    outcome.result = classify(ending);
    outcome.reply = masked_text(outcome.reply);
    outcome.code = ending.smtp_code;
    outcome.problem = problem[0] ? problem : (code == CURLE_OK ? "" : curl_easy_strerror(code));
    co_return outcome;
}

}  // namespace paysync::mail
