// SPDX-License-Identifier: MIT
#include "daemon/base/mail/smtp_connection.hpp"

#include "daemon/base/mail/address.hpp"
#include "daemon/base/mail/smtp_login.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace paysync::mail {

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kFarewell = 5s;      // for the answer to QUIT, which nobody needs
constexpr long kLongestLife = 300;  // seconds; servers close old connections
constexpr auto kBehind = 10s;       // libcurl's own clocks come after ours

}  // namespace

/// The letter's way through libcurl's callbacks: all bytes, then the wait for the coroutine's word,
/// then the end of file that makes libcurl send the dot, or an error that makes it hang up.
struct SmtpConnection::Transfer {
    Transfer(SmtpJob& the_job, const SmtpAccount& account, SmtpOffer& offer, SmtpDemand demand)
        : job(the_job), dialogue(offer, demand), account_(account) {}

    static std::size_t read(char* buffer, std::size_t, std::size_t size, void* self) {
        auto& transfer = *static_cast<Transfer*>(self);
        const auto& bytes = transfer.job.bytes;
        const auto count = std::min(size, bytes.size() - transfer.position);
        std::memcpy(buffer, bytes.data() + transfer.position, count);
        transfer.position += count;
        if (count > 0)
            return count;
        if (!transfer.job.wait_at_dot())
            return CURL_READFUNC_ABORT;
        transfer.dialogue.dot_sent();
        return 0;
    }

    static std::size_t header(char* data, std::size_t, std::size_t size, void* self) {
        auto& transfer = *static_cast<Transfer*>(self);
        return transfer.dialogue.heard(std::string_view(data, size)) ? size : 0;
    }

    static int debug(CURL*, curl_infotype type, char* data, std::size_t size, void* self) {
        if (type == CURLINFO_HEADER_OUT)
            static_cast<Transfer*>(self)->dialogue.sent(std::string_view(data, size));
        return 0;
    }

    /// Called at least once a second; ends a transfer that was cut or waits for too long.
    static int progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        auto& transfer = *static_cast<Transfer*>(self);
        if (transfer.job.is_cut())
            return 1;
        transfer.late = transfer.late || transfer.is_late();
        return transfer.late ? 1 : 0;
    }

    bool is_late() const {
        const auto now = steady_clock::now();
        if (dialogue.quitting())
            return now - dialogue.stage_began() > kFarewell;
        if (dialogue.stage() == Stage::dot)
            return now - dialogue.stage_began() > account_.dot_timeout;
        return now - began > account_.timeout;
    }

    SmtpJob& job;
    SmtpDialogue dialogue;
    steady_clock::time_point began = steady_clock::now();
    std::size_t position = 0;
    bool late = false;
    http::StringList recipients{curl_slist_append(nullptr, job.to.c_str()), &curl_slist_free_all};
    char problem[CURL_ERROR_SIZE] = "";

private:
    const SmtpAccount& account_;
};

SmtpConnection::SmtpConnection(const SmtpAccount& account)
    : account_(account), url_(url_of(account)) {}

SmtpDemand SmtpConnection::demand_of(const SmtpJob& job) const {
    SmtpDemand demand;
    demand.starttls = account_.tls == SmtpAccount::Tls::starttls;
    demand.login = !account_.user.empty();
    demand.utf8 = job.utf8;
    demand.size = job.bytes.size();
    return demand;
}

void SmtpConnection::prepare(Transfer& transfer) {
    using http::set_option;
    if (!easy_)
        easy_.reset(curl_easy_init());
    CURL* const handle = easy_.get();
    curl_easy_reset(handle);  // the connection stays
    set_server(handle, account_, url_);
    // Each stage has its own time, kept by Transfer::progress(); these are only behind it.
    const auto most = std::max(account_.timeout, account_.dot_timeout) + kBehind;
    set_option(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT,
               static_cast<long>(std::chrono::ceil<std::chrono::seconds>(most).count()));
    set_option(handle, CURLOPT_MAXAGE_CONN, static_cast<long>(account_.idle.count()));
    set_option(handle, CURLOPT_MAXLIFETIME_CONN, kLongestLife);
    set_option(handle, CURLOPT_MAIL_FROM, transfer.job.from.c_str());
    set_option(handle, CURLOPT_MAIL_RCPT, transfer.recipients.get());
    set_option(handle, CURLOPT_UPLOAD, 1L);
    set_option(handle, CURLOPT_READFUNCTION, &Transfer::read);
    set_option(handle, CURLOPT_READDATA, static_cast<void*>(&transfer));
    set_option(handle, CURLOPT_NOPROGRESS, 0L);
    set_option(handle, CURLOPT_XFERINFOFUNCTION, &Transfer::progress);
    set_option(handle, CURLOPT_XFERINFODATA, static_cast<void*>(&transfer));
    set_option(handle, CURLOPT_HEADERFUNCTION, &Transfer::header);
    set_option(handle, CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
    // The only way to learn which command an answer belongs to.
    set_option(handle, CURLOPT_VERBOSE, 1L);
    set_option(handle, CURLOPT_DEBUGFUNCTION, &Transfer::debug);
    set_option(handle, CURLOPT_DEBUGDATA, static_cast<void*>(&transfer));
    set_option(handle, CURLOPT_ERRORBUFFER, static_cast<char*>(transfer.problem));
}

Carried SmtpConnection::conclude(const Transfer& transfer, CURLcode code) const {
    const auto& dialogue = transfer.dialogue;
    Carried carried;
    auto& outcome = carried.outcome;
    outcome.stage = dialogue.stage();
    if (dialogue.ended_by_misfit()) {
        const bool of_letter = dialogue.misfit_of_letter();
        outcome.result = of_letter ? Result::refused : Result::account_down;
        outcome.scope = of_letter ? Scope::message : Scope::account;
        outcome.problem = dialogue.misfit();
        return carried;
    }
    outcome.code = dialogue.code();
    outcome.status = enhanced_status(dialogue.reply());
    outcome.reply = masked_text(dialogue.reply());
    const auto verdict =
        classify(Ending{code == CURLE_OK, outcome.stage, outcome.code, outcome.status});
    outcome.result = verdict.result;
    outcome.scope = verdict.scope;
    if (transfer.late)
        outcome.problem = std::string("no answer in time (") + to_string(outcome.stage) + ")";
    else if (code != CURLE_OK)
        outcome.problem = transfer.problem[0] ? transfer.problem : curl_easy_strerror(code);
    carried.given_up = code == CURLE_ABORTED_BY_CALLBACK && transfer.job.is_cut() && !transfer.late;
    return carried;
}

Carried SmtpConnection::attempt(SmtpJob& job, bool& stale) {
    Transfer transfer(job, account_, offer_, demand_of(job));
    if (const auto misfit = transfer.dialogue.misfit(); carried_ > 0 && !misfit.empty()) {
        Carried carried;
        carried.outcome.result = Result::refused;
        carried.outcome.stage = Stage::hello;
        carried.outcome.problem = misfit;
        return carried;
    }
    prepare(transfer);
    const CURLcode code = curl_easy_perform(easy_.get());
    long connects = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_reset(easy_.get());  // what it points to ends with this frame
    const bool reused = connects == 0;
    carried_ = reused ? carried_ + 1 : 1;
    // libcurl keeps a connection whose answer to the dot it did not wait for, and would take that
    // answer for the next letter's.
    if (code != CURLE_OK)
        drop();
    auto carried = conclude(transfer, code);
    // An idle connection's end, or its old farewell, says nothing about this letter.
    const auto& outcome = carried.outcome;
    const bool asked_nothing = outcome.stage >= Stage::mail && outcome.stage <= Stage::data;
    stale = reused && asked_nothing && code != CURLE_OK && !transfer.late && !carried.given_up &&
            (outcome.code == 421 || outcome.code == 0);
    return carried;
}

Carried SmtpConnection::carry(SmtpJob& job) noexcept {
    Carried carried;
    try {
        bool stale = false;
        carried = attempt(job, stale);
        if (stale)
            carried = attempt(job, stale);
        if (carried_ >= account_.max_messages)
            close();
    } catch (const std::exception& e) {
        // Before the first byte: the secret cannot be read, or libcurl lacks something.
        carried.outcome.result = Result::account_down;
        carried.outcome.scope = Scope::account;
        carried.outcome.problem = e.what();
    }
    return carried;
}

/// Hangs up; `how` is which directions are shut before libcurl says QUIT.
void SmtpConnection::hang_up(int how) noexcept {
    curl_socket_t socket = CURL_SOCKET_BAD;
    if (easy_ && curl_easy_getinfo(easy_.get(), CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK &&
        socket != CURL_SOCKET_BAD)
        ::shutdown(socket, how);
    easy_.reset();
    carried_ = 0;
}

void SmtpConnection::drop() noexcept {
    hang_up(SHUT_RDWR);
}

void SmtpConnection::close() noexcept {
    // libcurl would wait two minutes for the answer to QUIT; with this it hears the end at once.
    hang_up(SHUT_RD);
}

}  // namespace paysync::mail
