// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/journal.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <stdexcept>

namespace smtp_sim {
namespace {

std::string digest_of(const std::string& bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned int size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 failed");
    }
    return fmt::format("{:02x}", fmt::join(out.begin(), out.begin() + size, ""));
}

/// The number in NNNN.eml; 0 for other names.
std::uint64_t number_of(const std::filesystem::path& file) {
    const std::string stem = file.stem().string();
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
    const bool whole = error == std::errc() && end == stem.data() + stem.size();
    return whole && file.extension() == ".eml" ? number : 0;
}

}  // namespace

Journal::Journal(std::filesystem::path folder, bool keep_bodies)
    : folder_(std::move(folder)), keep_bodies_(keep_bodies) {
    if (folder_.empty()) {
        return;
    }
    std::filesystem::create_directories(folder_);
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
        last_number_ = std::max(last_number_, number_of(entry.path()));
    }
}

void Journal::attach(Transaction& transaction, std::string message) const {
    transaction.size = message.size();
    transaction.digest = digest_of(message);
    if (!keep_bodies_) {
        const std::size_t end = message.find("\r\n\r\n");
        message.resize(end == std::string::npos ? std::min<std::size_t>(message.size(), 4096)
                                                : end + 2);
        message.shrink_to_fit();
    }
    transaction.data = std::make_shared<const std::string>(std::move(message));
}

void Journal::accept(Transaction& transaction, std::string message) {
    std::uint64_t number = 0;
    {
        const std::lock_guard lock(mutex_);
        number = ++last_number_;
    }
    if (!folder_.empty()) {
        write(number, message);
    }
    attach(transaction, std::move(message));
    transaction.number = number;
    transaction.outcome = Outcome::accepted;
    transaction.time = std::chrono::system_clock::now();
    const std::lock_guard lock(mutex_);
    ++accepted_;
    record_locked(transaction);
}

void Journal::record(Transaction& transaction) {
    const std::lock_guard lock(mutex_);
    record_locked(transaction);
}

void Journal::record_locked(Transaction& transaction) {
    // A transaction recorded before forget() is recorded as a new one.
    if (transaction.id < first_id_) {
        transaction.id = first_id_ + attempts_.size();
        attempts_.push_back(transaction);
    } else {
        attempts_[transaction.id - first_id_] = transaction;
    }
    changed_.notify_all();
}

void Journal::forget() {
    const std::lock_guard lock(mutex_);
    first_id_ += attempts_.size();
    attempts_.clear();
    accepted_ = 0;
}

std::vector<Transaction> Journal::attempts() const {
    const std::lock_guard lock(mutex_);
    return {attempts_.begin(), attempts_.end()};
}

std::vector<Message> Journal::messages() const {
    const std::lock_guard lock(mutex_);
    std::vector<Message> out;
    std::copy_if(attempts_.begin(), attempts_.end(), std::back_inserter(out),
                 [](const Transaction& t) { return t.accepted(); });
    std::sort(out.begin(), out.end(),
              [](const Message& a, const Message& b) { return a.number < b.number; });
    return out;
}

std::uint64_t Journal::accepted() const {
    const std::lock_guard lock(mutex_);
    return accepted_;
}

std::map<std::string, Accepted> Journal::by_header(const std::string& name) const {
    std::map<std::string, Accepted> out;
    for (Message& message : messages()) {
        const std::vector<std::string> values = message.header(name);
        if (values.empty()) {
            continue;
        }
        Accepted& all = out[values.front()];
        if (++all.count > 1) {
            const Message& first = all.messages.front();
            all.identical &= first.size == message.size && first.digest == message.digest;
        }
        all.messages.push_back(std::move(message));
    }
    return out;
}

bool Journal::wait_for_messages(std::size_t count, std::chrono::milliseconds most) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, most, [&] { return accepted_ >= count; });
}

bool Journal::wait_for_attempts(std::size_t count, std::chrono::milliseconds most) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, most, [&] { return attempts_.size() >= count; });
}

void Journal::write(std::uint64_t number, const std::string& message) const {
    const std::filesystem::path file = folder_ / fmt::format("{:04}.eml", number);
    const std::filesystem::path temporary = folder_ / fmt::format(".{:04}.eml.tmp", number);
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    out.write(message.data(), static_cast<std::streamsize>(message.size()));
    out.close();
    if (!out) {
        throw std::runtime_error(fmt::format("cannot write {}", temporary.string()));
    }
    std::filesystem::rename(temporary, file);
}

}  // namespace smtp_sim
