// SPDX-License-Identifier: MIT
#pragma once

#include "tests/smtp_sim/transaction.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace smtp_sim {

/// Stores every transaction in memory and writes the accepted messages into a folder. May be used
/// from any thread.
class Journal {
public:
    /// Creates the folder if it is missing, and continues the numbers of the files in it.
    Journal(std::filesystem::path folder, bool keep_bodies);

    /// Fills in size, digest and data of a transaction from its message.
    void attach(Transaction& transaction, std::string message) const;
    /// Records an accepted message and writes it to NNNN.eml; the file appears complete or not at
    /// all. Throws std::runtime_error and records nothing if the file cannot be written.
    void accept(Transaction& transaction, std::string message);
    /// Records a transaction, or replaces the record made before.
    void record(Transaction& transaction);
    /// Forgets all records in memory; files stay.
    void forget();

    std::vector<Transaction> attempts() const;
    std::vector<Message> messages() const;
    std::uint64_t accepted() const;
    /// Accepted messages grouped by the first value of a header. Messages without it are left out.
    std::map<std::string, Accepted> by_header(const std::string& name) const;
    /// Waits until `count` messages are recorded. Returns false if the time is up first.
    bool wait_for_messages(std::size_t count, std::chrono::milliseconds most) const;
    bool wait_for_attempts(std::size_t count, std::chrono::milliseconds most) const;

private:
    void write(std::uint64_t number, const std::string& message) const;
    void record_locked(Transaction& transaction);

    const std::filesystem::path folder_;
    const bool keep_bodies_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::deque<Transaction> attempts_;
    std::uint64_t first_id_ = 1;
    std::uint64_t last_number_ = 0;
    std::size_t accepted_ = 0;
};

}  // namespace smtp_sim
