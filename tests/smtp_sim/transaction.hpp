// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace smtp_sim {

/// How a transaction ended, as the server knows it.
enum class Outcome {
    accepted,    ///< the final dot was read and the message recorded, whatever the reply
    refused,     ///< the last reply was 4xx or 5xx
    abandoned,   ///< the client gave up by RSET, EHLO or QUIT
    lost,        ///< the client closed the connection, possibly inside DATA before the dot
    cut,         ///< a rule closed the connection before the message was accepted
    unanswered,  ///< a rule kept the server silent before the message was accepted
};

/// The record of one transaction: from a MAIL command to its end.
struct Transaction {
    /// Numbers all recorded transactions from 1.
    std::uint64_t id = 0;
    /// Numbers accepted messages from 1, as in the file name NNNN.eml; 0: not accepted.
    std::uint64_t number = 0;
    /// Numbers connections from 1.
    std::uint64_t connection = 0;
    std::chrono::system_clock::time_point time = {};
    bool tls = false;
    /// The user who logged in; empty: nobody.
    std::string user = {};
    /// The envelope sender and the accepted recipients.
    std::string from = {};
    std::vector<std::string> recipients = {};
    Outcome outcome = Outcome::lost;
    /// The code of the last reply; 0: none.
    int code = 0;
    /// Commands ("C: …") and replies ("S: …") from MAIL on, without the message; long ones are
    /// shortened.
    std::vector<std::string> dialogue = {};
    /// Whether DATA was answered with 354.
    bool data_started = false;
    /// The bytes of the message that were read, after dot-unstuffing.
    std::size_t size = 0;
    /// Their SHA-256 in hex; empty without DATA.
    std::string digest = {};
    /// The bytes as sent, after dot-unstuffing; only the headers if bodies are not kept.
    std::shared_ptr<const std::string> data = std::make_shared<const std::string>();

    bool accepted() const { return outcome == Outcome::accepted; }
    const std::string& bytes() const { return *data; }
    /// The values of a header, unfolded, in order. The case of the name does not matter.
    std::vector<std::string> header(std::string_view name) const;
};

/// An accepted transaction.
using Message = Transaction;

/// The accepted messages that have the same value of a header.
struct Accepted {
    std::size_t count = 0;
    /// Whether all of them have the same bytes; true if there are none.
    bool identical = true;
    std::vector<Message> messages = {};
};

/// All names in JSON, in the order of the enumerators.
std::span<const std::string_view> outcome_names();
std::string_view name_of(Outcome outcome);

}  // namespace smtp_sim
