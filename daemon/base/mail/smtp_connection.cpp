// SPDX-License-Identifier: MIT
#include "daemon/base/mail/smtp_connection.hpp"

#include "daemon/base/mail/address.hpp"
#include "daemon/base/mail/smtp_login.hpp"
#include "daemon/base/mail/smtp_transfer.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

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
    Exchange(SmtpConnection& the_connection, SmtpTransfer& the_transfer,
             SmtpRequirements requirements)
        : connection(the_connection),
          transfer(the_transfer),
          dialogue(connection.capabilities_, requirements),
          account_(connection.account_) {}

    /// A server that is gone before the dot does not have the message. libcurl would notice only
    /// afterwards: what it sent of a short message is still in the socket's buffer.
    bool cut_before_dot() {
        cut = cut || connection.peer_has_left();
        return cut;
    }

    static std::size_t read(char* buffer, std::size_t, std::size_t size, void* self) {
        auto& exchange = *static_cast<Exchange*>(self);
        const auto& bytes = exchange.transfer.bytes;
        const auto count = std::min(size, bytes.size() - exchange.position);
        std::memcpy(buffer, bytes.data() + exchange.position, count);
        exchange.position += count;
        if (count > 0)
            return count;
        if (exchange.cut_before_dot() || !exchange.transfer.wait_for_decision() ||
            exchange.cut_before_dot())
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

    SmtpConnection& connection;
    SmtpTransfer& transfer;
    SmtpDialogue dialogue;
    steady_clock::time_point began = steady_clock::now();
    std::size_t position = 0;
    bool late = false;
    bool cut = false;
    http::StringList recipients{curl_slist_append(nullptr, transfer.to.c_str()),
                                &curl_slist_free_all};
    char problem[CURL_ERROR_SIZE] = "";

private:
    const SmtpAccount& account_;
};

SmtpConnection::SmtpConnection(const SmtpAccount& account)
    : account_(account), url_(smtp_url(account)) {}

curl_socket_t SmtpConnection::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
    const int socket =
        ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (socket < 0)
        return CURL_SOCKET_BAD;
    static_cast<SmtpConnection*>(self)->sockets_.push_back(socket);
    return socket;
}

int SmtpConnection::close_socket(void* self, curl_socket_t socket) {
    std::erase(static_cast<SmtpConnection*>(self)->sockets_, socket);
    return ::close(socket);
}

/// The server has closed or reset the connection. It reads nothing of what is written from now on.
bool SmtpConnection::peer_has_left() const {
    if (sockets_.size() != 1)
        return false;
    pollfd entry{};
    entry.fd = sockets_.front();
    entry.events = POLLRDHUP;
    return ::poll(&entry, 1, 0) == 1 && (entry.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

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
    // libcurl does not tell which socket it uses while it sends.
    set_option(handle, CURLOPT_OPENSOCKETFUNCTION, &SmtpConnection::open_socket);
    set_option(handle, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
    set_option(handle, CURLOPT_CLOSESOCKETFUNCTION, &SmtpConnection::close_socket);
    set_option(handle, CURLOPT_CLOSESOCKETDATA, static_cast<void*>(this));
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
    end.topic = topic_of(dialogue.reply());
    end.reused_connection = reused && !exchange.late;
    // The dot did not get into the socket, or not whole: the server cannot have read it.
    if (code == CURLE_SEND_ERROR && end.stage == Stage::dot && end.code == 0)
        end.stage = Stage::body;
    if (code == CURLE_OK)
        end.by = EndedBy::success;
    else if (code == CURLE_ABORTED_BY_CALLBACK && exchange.transfer.aborted() && !exchange.late &&
             !exchange.cut)
        end.by = EndedBy::us;
    SendResult result(end);
    result.reply = masked_text(dialogue.reply());
    if (exchange.late)
        result.problem = std::string("no answer in time (") + to_string(end.stage) + ")";
    else if (exchange.cut)
        result.problem = "the server closed the connection before the final dot";
    else if (code != CURLE_OK)
        result.problem = exchange.problem[0] ? exchange.problem : curl_easy_strerror(code);
    return result;
}

SendResult SmtpConnection::attempt(SmtpTransfer& transfer) {
    Exchange exchange(*this, transfer, requirements_of(transfer));
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
