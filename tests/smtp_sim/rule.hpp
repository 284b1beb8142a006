// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace smtp_sim {

/// Where in a session a rule applies: the moment before the server answers.
enum class Stage {
    connect,   ///< before the greeting
    ehlo,      ///< EHLO or HELO
    starttls,  ///< a 2xx answer is followed by the handshake
    auth,      ///< the last answer of the login
    mail,
    rcpt,
    data,      ///< the answer to DATA, before the message
    body,      ///< inside the message, after `after_bytes` bytes
    dot,       ///< the final dot was read; only a 2xx answer lets the message be accepted
    accepted,  ///< the message is recorded as accepted; the client does not know yet
    quit,
};

/// What happens at the stage. Reply codes 421 also end the connection, as the standard says.
enum class Act {
    reply,             ///< `reply`, or the usual answer (then the rule is but a delay)
    cut_before_reply,  ///< closes the connection
    cut_after_reply,   ///< answers, then closes the connection
    half_close,        ///< answers only when `reply` is set, closes its own direction, reads on
    never_answer,      ///< reads on and says nothing
    stop_reading,      ///< neither reads nor writes: the client's window fills up
};

/// An answer of the server.
struct Reply {
    int code = 250;
    /// Several lines when it holds '\n'.
    std::string text = {};
    /// Sent instead of code and text when not empty, byte for byte; `code` still decides what
    /// follows.
    std::string raw = {};

    /// The bytes on the wire.
    std::string bytes() const;
    /// Whether the code means success.
    bool good() const { return code >= 200 && code < 300; }
};

/// One instruction: at this stage, for these mails, do that.
struct Rule {
    Stage stage = Stage::connect;
    /// Only for transactions with exactly this recipient (at `rcpt`: the one being added).
    std::string recipient = {};
    /// The same, for recipients that contain this.
    std::string recipient_contains = {};
    /// Only when the command line contains this; at `dot` and `accepted` the message.
    std::string text_contains = {};
    /// For `body`: how many bytes of the message the server reads before.
    std::uint64_t after_bytes = 0;
    /// The first so many matches pass.
    std::uint64_t skip = 0;
    /// After it acted so often, the rule is spent; 0: never.
    std::uint64_t times = 0;
    /// Of the matches, only every so many-th.
    std::uint64_t every = 1;
    /// Waited first.
    std::chrono::milliseconds delay = {};
    Act act = Act::reply;
    std::optional<Reply> reply = {};
    /// A cut is an RST instead of a FIN.
    bool reset = false;
};

/// Throws std::invalid_argument for a rule that can never act: no recipient is known before `rcpt`,
/// `connect` and `body` have no text, only `body` counts bytes.
void check(const Rule& rule);

/// All names in JSON, in the order of the enumerators.
std::span<const std::string_view> stage_names();
std::span<const std::string_view> act_names();
/// The name in JSON and back; throws std::invalid_argument for an unknown one.
std::string_view name_of(Stage stage);
std::string_view name_of(Act act);
Stage stage_named(std::string_view name);
Act act_named(std::string_view name);

}  // namespace smtp_sim
