// SPDX-License-Identifier: MIT
#include "daemon/base/mail/smtp_dialogue.hpp"

#include <algorithm>
#include <charconv>

namespace paysync::mail {

namespace {

constexpr std::size_t kMaxReply = 500;

char upper_case(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool begins_with_word(std::string_view line, std::string_view word) {
    return line.size() > word.size() &&
           std::equal(word.begin(), word.end(), line.begin(),
                      [](char a, char b) { return a == upper_case(b); }) &&
           (line[word.size()] == ' ' || line[word.size()] == '\r');
}

/// The reply code of a line, 0 when it has none.
int reply_code(std::string_view line) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
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

void SmtpDialogue::on_command(std::string_view command) {
    if (begins_with_word(command, "EHLO") || begins_with_word(command, "HELO")) {
        capabilities_ = SmtpCapabilities();
        // libcurl tries HELO after any refusal of EHLO, also when the server has said goodbye.
        if (stage_ != Stage::hello || code_ != 421)
            enter(Stage::hello);
    } else if (begins_with_word(command, "STARTTLS")) {
        encrypted_ = true;  // or the connection ends
        enter(Stage::tls);
    } else if (begins_with_word(command, "AUTH")) {
        enter(Stage::login);
    } else if (begins_with_word(command, "MAIL")) {
        enter(Stage::mail);
    } else if (begins_with_word(command, "RCPT")) {
        enter(Stage::rcpt);
    } else if (begins_with_word(command, "DATA")) {
        enter(Stage::data);
    } else if (begins_with_word(command, "QUIT")) {
        // The transaction is over: what the server says to QUIT changes nothing.
        quitting_ = true;
        stage_began_ = std::chrono::steady_clock::now();
    }
}

void SmtpDialogue::on_dot() {
    enter(Stage::dot);
}

void SmtpDialogue::append_reply(std::string_view line) {
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

bool SmtpDialogue::on_reply_line(std::string_view raw) {
    if (quitting_)
        return true;
    const auto line = without_line_end(raw);
    const int code = reply_code(line);
    if (code == 0)
        return true;  // not a reply; libcurl waits for one
    append_reply(line);
    complete_ = line.size() < 4 || line[3] != '-';
    code_ = code;
    if (stage_ == Stage::hello && code == 250) {
        read_capability(line.substr(std::min<std::size_t>(line.size(), 4)));
        const bool last_hello = complete_ && (!requirements_.starttls || encrypted_);
        if (last_hello && !missing_capability().empty()) {
            ended_by_missing_capability_ = true;
            return false;
        }
    }
    if (stage_ == Stage::data && complete_ && code == 354)
        enter(Stage::body);
    return true;
}

void SmtpDialogue::read_capability(std::string_view words) {
    const std::string line = std::string(words) + "\r";
    if (begins_with_word(line, "SMTPUTF8"))
        capabilities_.utf8 = true;
    else if (begins_with_word(line, "AUTH"))
        capabilities_.login = true;
    else if (begins_with_word(line, "SIZE") && words.size() > 5)
        std::from_chars(words.data() + 5, words.data() + words.size(), capabilities_.size);
}

std::string SmtpDialogue::missing_capability() const {
    if (requirements_.login && !capabilities_.login)
        return "the mail server offers no login";
    if (requirements_.utf8 && !capabilities_.utf8)
        return "the part before the @ is not ASCII, and the mail server does not "
               "support such "
               "addresses (no SMTPUTF8)";
    if (capabilities_.size != 0 && requirements_.size > capabilities_.size)
        return "the message has " + std::to_string(requirements_.size) +
               " bytes, and the mail server takes at most " + std::to_string(capabilities_.size);
    return {};
}

}  // namespace paysync::mail
