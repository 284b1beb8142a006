// SPDX-License-Identifier: MIT
#include "daemon/base/mail/smtp_dialogue.hpp"

#include <algorithm>
#include <charconv>

namespace paysync::mail {

namespace {

constexpr std::size_t kMaxReply = 500;

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool is(std::string_view line, std::string_view verb) {
    return line.size() > verb.size() &&
           std::equal(verb.begin(), verb.end(), line.begin(),
                      [](char a, char b) { return a == upper(b); }) &&
           (line[verb.size()] == ' ' || line[verb.size()] == '\r');
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// The reply code of a line, 0 when it has none.
int code_of(std::string_view line) {
    if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit))
        return 0;
    int code = 0;
    std::from_chars(line.data(), line.data() + 3, code);
    return code;
}

std::string_view without_line_end(std::string_view line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
        line.remove_suffix(1);
    return line;
}

}  // namespace

void SmtpDialogue::enter(Stage stage) {
    stage_ = stage;
    stage_began_ = std::chrono::steady_clock::now();
    code_ = 0;
    reply_.clear();
    complete_ = true;
}

void SmtpDialogue::sent(std::string_view command) {
    if (is(command, "EHLO") || is(command, "HELO")) {
        offer_ = SmtpOffer();
        // libcurl tries HELO after any refusal of EHLO, also when the server has said goodbye.
        if (stage_ != Stage::hello || code_ != 421)
            enter(Stage::hello);
    } else if (is(command, "STARTTLS")) {
        encrypted_ = true;  // or the connection ends
        enter(Stage::tls);
    } else if (is(command, "AUTH")) {
        enter(Stage::login);
    } else if (is(command, "MAIL")) {
        enter(Stage::mail);
    } else if (is(command, "RCPT")) {
        enter(Stage::rcpt);
    } else if (is(command, "DATA")) {
        enter(Stage::data);
    } else if (is(command, "QUIT")) {
        // Our own farewell: what the server says to it changes nothing.
        quitting_ = true;
        stage_began_ = std::chrono::steady_clock::now();
    }
}

void SmtpDialogue::dot_sent() {
    enter(Stage::dot);
}

void SmtpDialogue::keep(std::string_view line) {
    if (complete_)
        reply_.clear();
    else if (reply_.size() < kMaxReply)
        reply_ += ' ';
    const auto from = reply_.size();
    reply_.append(line.substr(0, kMaxReply - std::min(kMaxReply, from)));
    std::replace_if(
        reply_.begin() + static_cast<std::ptrdiff_t>(from), reply_.end(),
        [](char c) { return c < ' ' || c > '~'; }, '?');
}

bool SmtpDialogue::heard(std::string_view raw) {
    if (quitting_)
        return true;
    const auto line = without_line_end(raw);
    const int code = code_of(line);
    if (code == 0)
        return true;  // not a reply; libcurl waits for one
    keep(line);
    complete_ = line.size() < 4 || line[3] != '-';
    code_ = code;
    if (stage_ == Stage::hello && code == 250) {
        take_offer(line.substr(std::min<std::size_t>(line.size(), 4)));
        const bool final_hello = complete_ && (!demand_.starttls || encrypted_);
        if (final_hello && !misfit().empty()) {
            ended_by_misfit_ = true;
            return false;
        }
    }
    if (stage_ == Stage::data && complete_ && code == 354)
        enter(Stage::body);
    return true;
}

void SmtpDialogue::take_offer(std::string_view words) {
    const std::string line = std::string(words) + "\r";
    if (is(line, "SMTPUTF8"))
        offer_.utf8 = true;
    else if (is(line, "AUTH"))
        offer_.login = true;
    else if (is(line, "SIZE") && words.size() > 5)
        std::from_chars(words.data() + 5, words.data() + words.size(), offer_.size);
}

std::string SmtpDialogue::misfit() const {
    if (demand_.login && !offer_.login)
        return "the mail server offers no login";
    if (demand_.utf8 && !offer_.utf8)
        return "the part before the @ is not ASCII, and the mail server takes no such addresses "
               "(no SMTPUTF8)";
    if (offer_.size != 0 && demand_.size > offer_.size)
        return "the mail has " + std::to_string(demand_.size) +
               " bytes, and the mail server takes at most " + std::to_string(offer_.size);
    return {};
}

}  // namespace paysync::mail
