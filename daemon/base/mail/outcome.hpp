// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

namespace paysync::mail {

/// How far a transaction came: the last command that went out, or the body and its final dot.
enum class Stage {
    connect,  ///< up to the greeting, TLS from the first byte included
    hello,    ///< EHLO or HELO
    tls,      ///< STARTTLS and its handshake
    login,    ///< AUTH
    mail,     ///< MAIL
    rcpt,     ///< RCPT
    data,     ///< DATA
    body,     ///< the server has invited the message; its final dot is not out
    dot       ///< the final dot may be with the server
};

/// What one SMTP transaction came to.
enum class Result {
    accepted,   ///< the server took the message
    refused,    ///< 5xx: this message to this recipient will not be taken
    deferred,   ///< 4xx, or an answer without sense: not now; try this message later
    throttled,  ///< 4xx about us (421, 454) or about the recipient's domain (4.2.1): leave it alone
    not_sent,   ///< the connection ended before the final dot, so nothing was taken; try again
    account_down,  ///< the server cannot be reached, or refuses TLS or the login: no message can go
                   ///< now
    in_doubt       ///< the dot went out and no answer came: the server may have taken it
};

/// Whom a result slows down, besides its message.
enum class Scope { message, domain, account };

/// A result with what the server said last.
struct Outcome {
    Result result = Result::not_sent;
    Scope scope = Scope::message;
    Stage stage = Stage::connect;
    int code = 0;        ///< SMTP reply code to the last command, 0 for none
    std::string status;  ///< its enhanced status code (RFC 3463): `5.1.1`; empty for none
    std::string
        reply;  ///< the reply's text, printable ASCII, at most 500 characters, addresses masked
    std::string problem;  ///< the transport's own words when it failed
    /// For throttled and account_down: how long the domain or the account is left alone.
    std::chrono::milliseconds wait{0};
};

/// The facts of a transaction that decide its result.
struct Ending {
    bool completed = false;  ///< the server said yes to everything
    Stage stage = Stage::connect;
    int code = 0;        ///< reply to the last command of `stage`, 0 for none
    std::string status;  ///< its enhanced status code
};

/// A result, and whom it slows down.
struct Verdict {
    Result result = Result::not_sent;
    Scope scope = Scope::message;
};

/// The verdict on a transaction. A reply to the dot is an answer; silence after the dot is doubt;
/// everything before the dot is safe to repeat.
Verdict classify(const Ending& ending) noexcept;

/// The enhanced status code at the head of a reply's text, `5.1.1`, or nothing.
std::string enhanced_status(const std::string& reply);

/// The name used in the database: `accepted`, `in_doubt`, ….
const char* to_string(Result result) noexcept;

/// `connect`, `hello`, …, `dot`.
const char* to_string(Stage stage) noexcept;

}  // namespace paysync::mail
