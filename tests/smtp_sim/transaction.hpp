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
    accepted,    ///< the final dot was read and the message recorded, whatever was answered then
    refused,     ///< the last answer was 4xx or 5xx
    abandoned,   ///< the client began something else (RSET, EHLO, QUIT)
    lost,        ///< the client closed the connection; inside DATA too, then there was no dot
    cut,         ///< a rule closed the connection before the message was accepted
    unanswered,  ///< a rule kept the server silent before the message was accepted
};

/// What the client did between one MAIL command and the end of it.
struct Transaction {
    /// Counts all recorded transactions from 1.
    std::uint64_t id = 0;
    /// Counts accepted messages from 1 and names the file NNNN.eml; 0: not accepted.
    std::uint64_t number = 0;
    /// Counts connections from 1.
    std::uint64_t connection = 0;
    std::chrono::system_clock::time_point time = {};
    bool tls = false;
    /// Who logged in; empty: nobody.
    std::string user = {};
    /// The envelope; of the recipients those that were not refused.
    std::string from = {};
    std::vector<std::string> recipients = {};
    Outcome outcome = Outcome::lost;
    /// The last answer; 0: none.
    int code = 0;
    /// Commands ("C: …") and answers ("S: …") from MAIL on, without the message; long ones
    /// shortened.
    std::vector<std::string> dialogue = {};
    /// Whether DATA was answered with 354.
    bool data_started = false;
    /// How many bytes of the message were read (after dot-unstuffing).
    std::size_t size = 0;
    /// SHA-256 of these bytes in hex; empty without DATA.
    std::string digest = {};
    /// The bytes as sent, after dot-unstuffing; only the headers when bodies are not kept.
    std::shared_ptr<const std::string> data = std::make_shared<const std::string>();

    bool accepted() const { return outcome == Outcome::accepted; }
    const std::string& bytes() const { return *data; }
    /// The values of a header, unfolded, in their order; the name in any case.
    std::vector<std::string> header(std::string_view name) const;
};

/// An accepted transaction.
using Message = Transaction;

/// What was accepted under one value of a header.
struct Accepted {
    std::size_t count = 0;
    /// Whether all of them have the same bytes; true when there is none.
    bool identical = true;
    std::vector<Message> messages = {};
};

/// All names in JSON, in the order of the enumerators.
std::span<const std::string_view> outcome_names();
std::string_view name_of(Outcome outcome);

}  // namespace smtp_sim
