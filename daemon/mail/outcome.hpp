// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace paysync::mail {

/// What one SMTP transaction came to.
enum class Result {
    accepted,   ///< the server took the message
    refused,    ///< 5xx: this message to this recipient will not be taken
    deferred,   ///< 4xx: not now; try this message later
    throttled,  ///< 4xx about the sender (454, 421): send nothing for a while
    not_sent,   ///< nothing was taken for a reason that says nothing about the message; try again
    account_down,  ///< the server cannot be reached, or refuses TLS or the login: no message can go
                   ///< now
    in_doubt       ///< the dot went out and no answer came: the server may have taken it
};

/// A result with what the server said last.
struct Outcome {
    Result result = Result::not_sent;
    int code = 0;  ///< last SMTP reply code, 0 for none
    std::string
        reply;  ///< last SMTP reply, printable ASCII, at most 500 characters, addresses masked
    std::string problem;  ///< the transport's own words when it failed
};

/// The facts of a transaction that decide its result.
struct Ending {
    int curl_code = 0;          ///< CURLcode of the transfer
    int smtp_code = 0;          ///< last SMTP reply code
    bool dot_released = false;  ///< the final dot was let go
    bool reused = false;        ///< the connection had carried a message before
};

/// The result of a transaction. A reply code after the dot is an answer; silence after the dot is
/// doubt; everything before the dot is safe to repeat.
Result classify(const Ending& ending) noexcept;

/// The name used in the database: `accepted`, `in_doubt`, ….
const char* to_string(Result result) noexcept;

}  // namespace paysync::mail
