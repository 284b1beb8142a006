// SPDX-License-Identifier: MIT
#include "daemon/base/mail/smtp_connection.hpp"

#include "daemon/base/mail/address.hpp"
#include "daemon/base/mail/smtp_login.hpp"
#include "daemon/base/mail/smtp_transfer.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string_view>

namespace paysync::mail {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kQuitTimeout(5);         // nobody needs the reply to QUIT
constexpr long kLongestConnection = 300;                // seconds; servers close old connections
constexpr std::chrono::seconds kBehindOurTimeouts(10);  // libcurl's own time limits

}  // namespace

/// One transaction in libcurl's callbacks: it hands out all bytes of the message, waits for the
/// coroutine's decision, then reports the end of the file, which makes libcurl send the final dot,
/// or an error, which makes it hang up.
struct SmtpConnection::Exchange {
    Exchange(SmtpTransfer& the_transfer, const SmtpAccount& account, SmtpCapabilities& capabilities,
             SmtpRequirements requirements)
        : transfer(the_transfer), dialogue(capabilities, requirements), account_(account) {}

    static std::size_t read(char* buffer, std::size_t, std::size_t size, void* self) {
        auto& exchange = *static_cast<Exchange*>(self);
        const auto& bytes = exchange.transfer.bytes;
        const auto count = std::min(size, bytes.size() - exchange.position);
        std::memcpy(buffer, bytes.data() + exchange.position, count);
        exchange.position += count;
        if (count > 0)
            return count;
        if (!exchange.transfer.wait_for_decision())
            return CURL_READFUNC_ABORT;
        exchange.dialogue.on_dot();
        return 0;
    }

    static std::size_t header(char* data, std::size_t, std::size_t size, void* self) {
        auto& exchange = *static_cast<Exchange*>(self);
        return exchange.dialogue.on_reply_line(std::string_view(data, size)) ? size : 0;
    }

    static int debug(CURL*, curl_infotype type, char* data, std::size_t size, void* self) {
        if (type == CURLINFO_HEADER_OUT)
            static_cast<Exchange*>(self)->dialogue.on_command(std::string_view(data, size));
        return 0;
    }

    /// Called at least once a second; ends a transaction that was aborted or takes too long.
    static int progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        auto& exchange = *static_cast<Exchange*>(self);
        if (exchange.transfer.aborted())
            return 1;
        exchange.late = exchange.late || exchange.is_late();
        return exchange.late ? 1 : 0;
    }

    bool is_late() const {
        const auto now = steady_clock::now();
        if (dialogue.quitting())
            return now - dialogue.stage_began() > kQuitTimeout;
        if (dialogue.stage() == Stage::dot)
            return now - dialogue.stage_began() > account_.dot_timeout;
        return now - began > account_.timeout;
    }

    SmtpTransfer& transfer;
    SmtpDialogue dialogue;
    steady_clock::time_point began = steady_clock::now();
    std::size_t position = 0;
    bool late = false;
    http::StringList recipients{curl_slist_append(nullptr, transfer.to.c_str()),
                                &curl_slist_free_all};
    char problem[CURL_ERROR_SIZE] = "";

private:
    const SmtpAccount& account_;
};

SmtpConnection::SmtpConnection(const SmtpAccount& account)
    : account_(account), url_(smtp_url(account)) {}

SmtpRequirements SmtpConnection::requirements_of(const SmtpTransfer& transfer) const {
    SmtpRequirements requirements;
    requirements.starttls = account_.tls == SmtpAccount::Tls::starttls;
    requirements.login = !account_.user.empty();
    requirements.utf8 = transfer.utf8;
    requirements.size = transfer.bytes.size();
    return requirements;
}

void SmtpConnection::prepare(Exchange& exchange) {
    using http::set_option;
    if (!easy_)
        easy_.reset(curl_easy_init());
    CURL* const handle = easy_.get();
    curl_easy_reset(handle);  // the connection stays
    configure_server(handle, account_, url_);
    // Exchange::progress() keeps the time of each stage; these limits are only behind it.
    const auto most = std::max(account_.timeout, account_.dot_timeout) + kBehindOurTimeouts;
    set_option(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT,
               static_cast<long>(std::chrono::ceil<std::chrono::seconds>(most).count()));
    set_option(handle, CURLOPT_MAXAGE_CONN, static_cast<long>(account_.idle.count()));
    set_option(handle, CURLOPT_MAXLIFETIME_CONN, kLongestConnection);
    set_option(handle, CURLOPT_MAIL_FROM, exchange.transfer.from.c_str());
    set_option(handle, CURLOPT_MAIL_RCPT, exchange.recipients.get());
    set_option(handle, CURLOPT_UPLOAD, 1L);
    set_option(handle, CURLOPT_READFUNCTION, &Exchange::read);
    set_option(handle, CURLOPT_READDATA, static_cast<void*>(&exchange));
    set_option(handle, CURLOPT_NOPROGRESS, 0L);
    set_option(handle, CURLOPT_XFERINFOFUNCTION, &Exchange::progress);
    set_option(handle, CURLOPT_XFERINFODATA, static_cast<void*>(&exchange));
    set_option(handle, CURLOPT_HEADERFUNCTION, &Exchange::header);
    set_option(handle, CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
    // Only the debug output tells which command a reply belongs to.
    set_option(handle, CURLOPT_VERBOSE, 1L);
    set_option(handle, CURLOPT_DEBUGFUNCTION, &Exchange::debug);
    set_option(handle, CURLOPT_DEBUGDATA, static_cast<void*>(&exchange));
    set_option(handle, CURLOPT_ERRORBUFFER, static_cast<char*>(exchange.problem));
}

SendResult SmtpConnection::conclude(const Exchange& exchange, CURLcode code, bool reused) const {
    const auto& dialogue = exchange.dialogue;
    TransactionEnd end;
    end.stage = dialogue.stage();
    if (dialogue.ended_by_missing_capability()) {
        // Without a login no message can go: the stage alone says so.
        if (dialogue.missing_for_message())
            end.by = EndedBy::message;
        SendResult result(end);
        result.problem = dialogue.missing_capability();
        return result;
    }
    end.code = dialogue.code();
    end.status = enhanced_status(dialogue.reply());
    end.reused_connection = reused && !exchange.late;
    if (code == CURLE_OK)
        end.by = EndedBy::success;
    else if (code == CURLE_ABORTED_BY_CALLBACK && exchange.transfer.aborted() && !exchange.late)
        end.by = EndedBy::us;
    SendResult result(end);
    result.reply = masked_text(dialogue.reply());
    if (exchange.late)
        result.problem = std::string("no answer in time (") + to_string(end.stage) + ")";
    else if (code != CURLE_OK)
        result.problem = exchange.problem[0] ? exchange.problem : curl_easy_strerror(code);
    return result;
}

SendResult SmtpConnection::attempt(SmtpTransfer& transfer) {
    Exchange exchange(transfer, account_, capabilities_, requirements_of(transfer));
    if (const auto missing = exchange.dialogue.missing_capability();
        messages_ > 0 && !missing.empty()) {
        TransactionEnd end;
        end.by = EndedBy::message;
        end.stage = Stage::hello;
        SendResult result(end);
        result.problem = missing;
        return result;
    }
    prepare(exchange);
    const CURLcode code = curl_easy_perform(easy_.get());
    long connects = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_reset(easy_.get());  // its options point into this frame
    const bool reused = connects == 0;
    messages_ = reused ? messages_ + 1 : 1;
    // libcurl keeps a connection whose reply to the dot it did not wait for, and would take that
    // reply for the next message's.
    if (code != CURLE_OK)
        drop();
    return conclude(exchange, code, reused);
}

SendResult SmtpConnection::send(SmtpTransfer& transfer) noexcept {
    try {
        auto result = attempt(transfer);
        if (result.rule->delivery == DeliveryEffect::reconnect)
            result = attempt(transfer);
        if (messages_ >= account_.max_messages)
            close();
        return result;
    } catch (const std::exception& e) {
        // Before the first byte: the secret cannot be read, or libcurl lacks something. The account
        // is unusable, as when it cannot connect.
        SendResult result{TransactionEnd()};
        result.problem = e.what();
        return result;
    }
}

/// Hangs up; `how` is which directions are shut before libcurl says QUIT.
void SmtpConnection::hang_up(int how) noexcept {
    curl_socket_t socket = CURL_SOCKET_BAD;
    if (easy_ && curl_easy_getinfo(easy_.get(), CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK &&
        socket != CURL_SOCKET_BAD)
        ::shutdown(socket, how);
    easy_.reset();
    messages_ = 0;
}

void SmtpConnection::drop() noexcept {
    hang_up(SHUT_RDWR);
}

void SmtpConnection::close() noexcept {
    // libcurl would wait two minutes for the reply to QUIT; now it reads the end of the stream at
    // once.
    hang_up(SHUT_RD);
}

}  // namespace paysync::mail
