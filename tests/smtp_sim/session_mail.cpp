// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/session.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace smtp_sim {
namespace {

constexpr std::size_t kMostRecipients = 1000;

bool same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::uint64_t most_bytes(const Options& options) {
    return options.size == 0 ? kMostBytes : std::min(options.size, kMostBytes);
}

std::string_view header_of(std::string_view message) {
    return message.substr(0, message.find("\r\n\r\n"));
}

/// The message without the dots that the client added to lines that begin with one.
std::string unstuffed(std::string wire) {
    std::size_t start = wire.starts_with('.') ? 1 : 0;
    std::size_t dot = wire.find("\r\n.");
    if (start == 0 && dot == std::string::npos) {
        return wire;
    }
    std::string out;
    out.reserve(wire.size());
    for (; dot != std::string::npos; dot = wire.find("\r\n.", start)) {
        out.append(wire, start, dot + 2 - start);
        start = dot + 3;
    }
    return out.append(wire, start);
}

}  // namespace

void Session::mail(const std::string& line) {
    if (transaction_) {
        say({503, "5.5.1 Nested MAIL command"});
        return;
    }
    transaction_.emplace();
    transaction_->connection = connection_;
    transaction_->time = std::chrono::system_clock::now();
    transaction_->tls = stream_.tls();
    transaction_->user = user_;
    note("C", line);
    smtputf8_ = false;
    eight_bit_ = false;
    const std::optional<Path> path = parse_path(std::string_view(line).substr(4), " FROM:");
    if (path) {
        transaction_->from = path->address;
        const Reply ok{250, "2.1.0 Ok"};
        if (answer(Stage::mail, mail_refusal(*path).value_or(ok), line) < 300) {
            return;
        }
    } else {
        say({501, "5.1.7 Bad sender address syntax"});
    }
    finish(Outcome::refused);
}

std::optional<Reply> Session::mail_refusal(const Path& path) {
    const Options& options = shared_.options;
    if (!greeted_) {
        return Reply{503, "5.5.1 EHLO first"};
    }
    if (options.require_tls && !stream_.tls()) {
        return Reply{530, "5.7.0 Must issue a STARTTLS command first"};
    }
    if (!options.user.empty() && user_.empty()) {
        return Reply{530, "5.7.0 Authentication required"};
    }
    for (const std::string& parameter : path.parameters) {
        if (std::optional<Reply> refusal = parameter_refusal(parameter)) {
            return refusal;
        }
    }
    if (has_utf8(path.address) && !smtputf8_) {
        return Reply{553, "5.6.7 Must declare SMTPUTF8 for this address"};
    }
    return std::nullopt;
}

std::optional<Reply> Session::parameter_refusal(const std::string& parameter) {
    const Options& options = shared_.options;
    const std::size_t equals = parameter.find('=');
    const std::string_view name = std::string_view(parameter).substr(0, equals);
    const std::string_view value =
        equals == std::string::npos ? "" : std::string_view(parameter).substr(equals + 1);
    if (same(name, "SIZE") && options.size > 0) {
        std::uint64_t size = 0;
        const char* const last = value.data() + value.size();
        const auto [end, error] = std::from_chars(value.data(), last, size);
        if (value.empty() || error != std::errc() || end != last) {
            return Reply{501, "5.5.4 Bad SIZE"};
        }
        if (size > most_bytes(options)) {
            return Reply{552, "5.3.4 Message size exceeds fixed limit"};
        }
        return std::nullopt;
    }
    const bool body = same(name, "BODY") && options.eight_bit_mime &&
                      (same(value, "7BIT") || same(value, "8BITMIME"));
    const bool utf8 = same(parameter, "SMTPUTF8") && options.smtputf8;
    const bool submitter = same(name, "AUTH") && !options.user.empty() && !value.empty();
    smtputf8_ = smtputf8_ || utf8;
    eight_bit_ = eight_bit_ || (body && same(value, "8BITMIME"));
    if (body || utf8 || submitter) {
        return std::nullopt;
    }
    return Reply{555, fmt::format("5.5.4 Unsupported parameter {}", name)};
}

void Session::rcpt(const std::string& line) {
    if (!transaction_) {
        say({503, "5.5.1 Need MAIL command"});
        return;
    }
    const std::optional<Path> path = parse_path(std::string_view(line).substr(4), " TO:");
    int code = 0;
    if (path) {
        transaction_->recipients.push_back(path->address);
        const Reply ok{250, "2.1.5 Ok"};
        code = answer(Stage::rcpt, rcpt_refusal(*path).value_or(ok), line);
        if (code >= 300) {
            transaction_->recipients.pop_back();
        }
    } else {
        code = say({501, "5.1.3 Bad recipient address syntax"});
    }
    if (code >= 400) {
        // The client may disappear now; then this stays the last record of the transaction.
        transaction_->outcome = Outcome::refused;
        shared_.journal.record(*transaction_);
    }
}

std::optional<Reply> Session::rcpt_refusal(const Path& path) const {
    if (path.address.empty()) {
        return Reply{553, "5.1.3 An empty recipient"};
    }
    if (transaction_->recipients.size() > kMostRecipients) {
        return Reply{452, "4.5.3 Too many recipients"};
    }
    if (!path.parameters.empty()) {
        return Reply{555, fmt::format("5.5.4 Unsupported parameter {}", path.parameters.front())};
    }
    if (has_utf8(path.address) && !smtputf8_) {
        return Reply{553, "5.6.7 Must declare SMTPUTF8 for this address"};
    }
    return std::nullopt;
}

void Session::data(const std::string& line) {
    if (!transaction_ || transaction_->recipients.empty()) {
        say({503, "5.5.1 Need RCPT command"});
        return;
    }
    const int code = answer(Stage::data, {354, "End data with <CR><LF>.<CR><LF>"}, line);
    if (code < 300 || code >= 400) {
        finish(Outcome::refused);
        return;
    }
    transaction_->data_started = true;
    message_read(read_message());
}

std::string Session::read_message() {
    constexpr std::string_view end_mark = "\r\n.\r\n";
    const std::uint64_t most = most_bytes(shared_.options);
    std::string wire;
    std::uint64_t count = 0;
    too_large_ = false;
    try {
        body_rule(0);
        for (;;) {
            std::string_view chunk = stream_.peek();
            if (chunk.empty()) {
                throw Ended{};
            }
            const auto stop_at = shared_.rules.next_body(situation(Stage::body, {}), count);
            chunk = chunk.substr(0, stop_at ? *stop_at - count : chunk.size());
            const std::size_t had = wire.size();
            wire += chunk;
            const bool empty = !too_large_ && wire.starts_with(end_mark.substr(2));
            const std::size_t mark =
                wire.find(end_mark, had < end_mark.size() ? 0 : had - end_mark.size());
            if (empty || mark != std::string::npos) {
                const std::size_t end = empty ? 3 : mark + end_mark.size();
                stream_.consume(end - had);
                wire.resize(empty ? 0 : mark + 2);
                std::string message = unstuffed(std::move(wire));
                too_large_ = too_large_ || message.size() > most;
                return too_large_ ? std::string() : message;
            }
            count += chunk.size();
            stream_.consume(chunk.size());
            // Of four bytes on the wire ("..\r\n") at most one is a stuffed dot that does not
            // count.
            if (wire.size() > most + most / 3 + end_mark.size()) {
                too_large_ = true;
                wire.erase(0, wire.size() - end_mark.size());
            }
            if (count == stop_at) {
                body_rule(count);
            }
        }
    } catch (...) {
        shared_.journal.attach(*transaction_, unstuffed(std::move(wire)));
        throw;
    }
}

void Session::body_rule(std::uint64_t bytes) {
    if (const auto rule = shared_.rules.pick_body(situation(Stage::body, {}), bytes)) {
        carry_out(*rule, nullptr);
    }
}

void Session::message_read(std::string message) {
    Reply reply{250, fmt::format("2.0.0 Ok: queued as {}-{}", connection_, ++queued_)};
    if (too_large_) {
        reply = {552, "5.3.4 Message size exceeds fixed limit"};
    } else if (!eight_bit_ && !shared_.options.undeclared_8bit && has_utf8(message)) {
        reply = {554, "5.6.3 8-bit bytes without BODY=8BITMIME"};
    } else if (!smtputf8_ && !shared_.options.undeclared_utf8_headers &&
               has_utf8(header_of(message))) {
        reply = {550, "5.6.9 UTF-8 header without SMTPUTF8"};
    }
    std::optional<Rule> rule = shared_.rules.pick(situation(Stage::dot, message));
    const bool replies = rule && (rule->act == Act::reply || rule->act == Act::cut_after_reply);
    if (replies) {
        wait(rule->delay);
        reply = rule->reply.value_or(reply);
        rule = rule->act == Act::cut_after_reply ? rule : std::nullopt;
    }
    if (reply.good() && !too_large_ && (replies || !rule)) {
        accept(std::move(message), reply, rule);
        return;
    }
    shared_.journal.attach(*transaction_, std::move(message));
    if (rule) {
        rule->delay = replies ? std::chrono::milliseconds() : rule->delay;
        carry_out(*rule, &reply);
    }
    say(reply);
    finish(Outcome::refused);
}

void Session::accept(std::string message, const Reply& normal, const std::optional<Rule>& cut) {
    std::optional<Rule> rule = cut;
    if (rule) {
        rule->delay = {};
    } else {
        rule = shared_.rules.pick(situation(Stage::accepted, message));
    }
    // The record must hold the outcome of the reply, since it is made before the reply is sent.
    const bool answered = !rule || rule->act == Act::reply || rule->act == Act::cut_after_reply ||
                          (rule->act == Act::half_close && rule->reply);
    const Reply reply = rule && rule->reply ? *rule->reply : normal;
    if (answered) {
        transaction_->code = reply.code;
        note("S", std::string_view(reply.bytes()).substr(0, reply.bytes().find('\r')));
    }
    try {
        shared_.journal.accept(*transaction_, std::move(message));
    } catch (const std::runtime_error& error) {
        say({451, fmt::format("4.3.0 {}", error.what())});
        finish(Outcome::refused);
        return;
    }
    transaction_.reset();
    if (rule) {
        carry_out(*rule, &normal);
    } else {
        say(normal);
    }
}

}  // namespace smtp_sim
