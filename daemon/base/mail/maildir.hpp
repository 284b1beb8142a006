// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paysync::mail {

/// A mailbox in the Maildir format, into which a mail server delivers and from which paysync reads
/// the bounces. All functions block and throw std::system_error.
class Maildir {
public:
    explicit Maildir(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// The names of unread messages (in `new`), the oldest first, at most `limit`.
    std::vector<std::string> unread(std::size_t limit) const;
    /// A message's bytes; nothing when it is gone, or larger than `kLargest`.
    std::optional<std::string> read(const std::string& name) const;
    /// Marks the message as seen: moves it from `new` to `cur`.
    void mark_seen(const std::string& name) const;

    static constexpr std::size_t kLargest = 32U << 20U;

private:
    std::filesystem::path folder_;
};

}  // namespace paysync::mail
