// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/session.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <condition_variable>
#include <mutex>

namespace smtp_sim {
namespace {

constexpr unsigned kMostErrors = 100;
constexpr std::size_t kMostDialogue = 1000;
constexpr std::size_t kLongestNote = 1000;

bool is(const std::string& line, std::string_view verb) {
    return line.size() >= verb.size() && strncasecmp(line.data(), verb.data(), verb.size()) == 0 &&
           (line.size() == verb.size() || line[verb.size()] == ' ');
}

}  // namespace

Session::Session(Shared& shared, Stream& stream, std::uint64_t connection, std::stop_token stop)
    : shared_(shared), stream_(stream), connection_(connection), stop_(std::move(stop)) {}

void Session::run() {
    try {
        try {
            converse();
        } catch (const IdleTimeout&) {
            say({421, "4.4.2 " + shared_.options.name + " Timeout, closing connection"});
        }
    } catch (const Ended& ended) {
        end(ended);
    }
}

void Session::converse() {
    if (shared_.options.tls == Tls::implicit && !stream_.start_tls(shared_.tls)) {
        ++shared_.counters.failed_handshakes;
        throw Ended{};
    }
    shared_.counters.handshakes += stream_.tls() ? 1 : 0;
    const Reply greeting{220, shared_.options.name + " ESMTP smtp_sim"};
    welcome_ = answer(Stage::connect, greeting, {}) < 400;
    std::string line;
    for (;;) {
        switch (stream_.read_line(line)) {
            case Stream::Line::end:
                throw Ended{};
            case Stream::Line::too_long:
                note("C", "(a line too long)");
                say({500, "5.5.6 Line too long"});
                break;
            case Stream::Line::ok:
                note("C", line);
                if (!shared_.options.pipelining && stream_.has_input()) {
                    say({554, "5.5.0 SMTP synchronization error: PIPELINING was not offered"});
                    throw Ended{};
                }
                handle(line);
                break;
        }
    }
}

void Session::end(const Ended& ended) {
    // Recorded before the client can notice, so that a test that saw the end finds the record.
    finish(ended.outcome);
    switch (ended.act) {
        case Act::half_close:
            stream_.half_close();
            stream_.drain();
            return;
        case Act::never_answer:
            stream_.drain();
            return;
        case Act::stop_reading:
            stream_.wait_until_gone(stop_);
            return;
        case Act::reply:
            stream_.half_close();
            stream_.discard_arrived();
            return;
        case Act::cut_before_reply:
        case Act::cut_after_reply:
            stream_.flush();
            ended.reset ? stream_.reset_on_close() : stream_.discard_arrived();
            return;
    }
}

void Session::handle(const std::string& line) {
    if (is(line, "QUIT")) {
        quit(line);
    } else if (!welcome_) {
        say({503, "5.5.1 No service here"});
    } else if (is(line, "EHLO") || is(line, "HELO")) {
        ehlo(line);
    } else if (is(line, "STARTTLS")) {
        starttls(line);
    } else if (is(line, "AUTH")) {
        auth(line);
    } else if (is(line, "MAIL")) {
        mail(line);
    } else if (is(line, "RCPT")) {
        rcpt(line);
    } else if (is(line, "DATA")) {
        data(line);
    } else if (is(line, "RSET")) {
        finish(Outcome::abandoned);
        say({250, "2.0.0 Ok"});
    } else if (is(line, "NOOP")) {
        say({250, "2.0.0 Ok"});
    } else if (is(line, "VRFY")) {
        say({252, "2.0.0 Try it"});
    } else {
        say({500, "5.5.2 Command not recognized"});
    }
}

void Session::ehlo(const std::string& line) {
    finish(Outcome::abandoned);
    if (line.size() < 6) {
        say({501, "5.5.4 A name must follow"});
        return;
    }
    greeted_ = answer(Stage::ehlo, ehlo_reply(is(line, "EHLO")), line) < 400;
}

Reply Session::ehlo_reply(bool extended) const {
    const Options& options = shared_.options;
    std::string text = options.name;
    if (!extended) {
        return {250, text};
    }
    text += options.pipelining ? "\nPIPELINING" : "";
    text += options.size > 0 ? fmt::format("\nSIZE {}", options.size) : "";
    text += options.eight_bit_mime ? "\n8BITMIME" : "";
    text += options.smtputf8 ? "\nSMTPUTF8" : "";
    if (options.tls == Tls::starttls && options.advertise_starttls && !stream_.tls()) {
        text += "\nSTARTTLS";
    }
    if (!options.user.empty() && (options.tls == Tls::none || stream_.tls())) {
        text += fmt::format("\nAUTH {}", fmt::join(options.mechanisms, " "));
    }
    return {250, text + "\nENHANCEDSTATUSCODES"};
}

void Session::starttls(const std::string& line) {
    if (shared_.options.tls != Tls::starttls || stream_.tls() || transaction_) {
        say({503, "5.5.1 STARTTLS not possible now"});
        return;
    }
    if (answer(Stage::starttls, {220, "2.0.0 Ready to start TLS"}, line) >= 300) {
        return;
    }
    if (!stream_.start_tls(shared_.tls)) {
        ++shared_.counters.failed_handshakes;
        throw Ended{};
    }
    ++shared_.counters.handshakes;
    greeted_ = false;
    user_.clear();
}

void Session::quit(const std::string& line) {
    finish(Outcome::abandoned);
    answer(Stage::quit, {221, "2.0.0 Bye"}, line);
    throw Ended{.act = Act::reply};
}

Situation Session::situation(Stage stage, std::string_view text) const {
    static const std::vector<std::string> nobody;
    if (!transaction_) {
        return {stage, nobody, text};
    }
    return {stage, transaction_->recipients, text, transaction_->from, transaction_->user};
}

int Session::answer(Stage stage, const Reply& normal, std::string_view text) {
    const std::optional<Rule> rule = shared_.rules.pick(situation(stage, text));
    return rule ? carry_out(*rule, &normal) : say(normal);
}

int Session::carry_out(const Rule& rule, const Reply* normal) {
    wait(rule.delay);
    const Reply* reply = rule.reply ? &*rule.reply : normal;
    switch (rule.act) {
        case Act::reply:
            return reply == nullptr ? 0 : say(*reply);
        case Act::cut_after_reply:
            if (reply != nullptr) {
                say(*reply);
            }
            throw Ended{Outcome::cut, rule.act, rule.reset};
        case Act::half_close:
            if (rule.reply) {
                say(*rule.reply);
            }
            throw Ended{Outcome::cut, rule.act, false};
        case Act::cut_before_reply:
            throw Ended{Outcome::cut, rule.act, rule.reset};
        case Act::never_answer:
        case Act::stop_reading:
            break;
    }
    throw Ended{Outcome::unanswered, rule.act, false};
}

int Session::say(const Reply& reply) {
    const std::string bytes = reply.bytes();
    note("S", std::string_view(bytes).substr(0, bytes.find_last_not_of("\r\n") + 1));
    if (transaction_) {
        transaction_->code = reply.code;
    }
    stream_.write(bytes);
    errors_ = reply.code >= 500 ? errors_ + 1 : reply.code < 400 ? 0 : errors_;
    if (reply.code == 421) {
        throw Ended{};
    }
    if (errors_ == kMostErrors) {
        ++errors_;
        say({421, "4.7.0 Too many errors"});
    }
    return reply.code;
}

void Session::wait(std::chrono::milliseconds delay) {
    if (delay.count() <= 0) {
        return;
    }
    stream_.flush();
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop_, delay, [] { return false; });
    if (stop_.stop_requested()) {
        throw Ended{};
    }
}

void Session::note(std::string_view who, std::string_view line) {
    if (transaction_ && transaction_->dialogue.size() < kMostDialogue) {
        transaction_->dialogue.push_back(fmt::format("{}: {}", who, line.substr(0, kLongestNote)));
    }
}

void Session::finish(Outcome outcome) {
    if (!transaction_) {
        return;
    }
    transaction_->outcome = transaction_->code >= 400 ? Outcome::refused : outcome;
    shared_.journal.record(*transaction_);
    transaction_.reset();
}

}  // namespace smtp_sim
