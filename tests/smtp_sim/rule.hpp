// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace smtp_sim {

/// The moments of a session at which a rule can act, each before the server answers.
enum class Stage {
    connect,   ///< before the greeting
    ehlo,      ///< EHLO or HELO
    starttls,  ///< a 2xx reply is followed by the handshake
    auth,      ///< the last reply of the login
    mail,
    rcpt,
    data,      ///< the reply to DATA, before the message
    body,      ///< inside the message, after `after_bytes` bytes
    dot,       ///< the final dot was read; the message is accepted only if the reply is 2xx
    accepted,  ///< the message is recorded as accepted; the reply is not sent yet
    quit,
};

/// The server's action at the stage. A reply 421 also ends the connection, as the standard says.
enum class Act {
    reply,             ///< `reply`, or the usual reply, if the rule only delays
    cut_before_reply,  ///< closes the connection
    cut_after_reply,   ///< sends the reply, then closes the connection
    half_close,        ///< replies only if `reply` is set, closes its own direction, reads on
    never_answer,      ///< reads on and sends nothing
    stop_reading,      ///< neither reads nor writes, until the client's window is full
};

/// A reply of the server.
struct Reply {
    int code = 250;
    /// '\n' makes several lines.
    std::string text = {};
    /// If not empty, sent byte for byte instead of code and text. `code` still decides how the
    /// session continues.
    std::string raw = {};

    /// The bytes on the wire.
    std::string bytes() const;
    /// Whether the code means success.
    bool good() const { return code >= 200 && code < 300; }
};

/// An instruction for the server: at this stage, for these transactions, do that. Example:
///     Rule{.stage = Stage::rcpt, .recipient = "x@example.com", .times = 1,
///          .reply = Reply{450, "4.2.1 Later"}}
struct Rule {
    Stage stage = Stage::connect;
    /// Only for transactions with exactly this recipient (at `rcpt`: the one being added).
    std::string recipient = {};
    /// Only for transactions with a recipient that contains this.
    std::string recipient_contains = {};
    /// Only for transactions of this envelope sender, from `mail` on.
    std::string sender = {};
    /// Only for sessions of this user, from `mail` on: with both, one server stands for the servers
    /// of several accounts.
    std::string user = {};
    /// Only if the command line contains this; at `dot` and `accepted`, the message.
    std::string text_contains = {};
    /// For `body`: the server acts after it has read exactly this many bytes of the message.
    std::uint64_t after_bytes = 0;
    /// The first matches that are left out.
    std::uint64_t skip = 0;
    /// The rule ends after it has acted this often; 0: never.
    std::uint64_t times = 0;
    /// Acts only on every n-th match.
    std::uint64_t every = 1;
    /// Waits this long before anything else.
    std::chrono::milliseconds delay = {};
    Act act = Act::reply;
    std::optional<Reply> reply = {};
    /// Whether a cut is an RST instead of a FIN.
    bool reset = false;
};

/// Throws std::invalid_argument for a rule that can never act: there is no sender or user
/// before `mail` and no recipient before `rcpt`, `connect` and `body` have no text, and only `body`
/// counts bytes.
void check(const Rule& rule);

/// All names in JSON, in the order of the enumerators.
std::span<const std::string_view> stage_names();
std::span<const std::string_view> act_names();
/// The name in JSON, and back. Throws std::invalid_argument for an unknown name.
std::string_view name_of(Stage stage);
std::string_view name_of(Act act);
Stage stage_named(std::string_view name);
Act act_named(std::string_view name);

}  // namespace smtp_sim
