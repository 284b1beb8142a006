// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace paysync::mail {

/// A folder in the Maildir form, into which somebody else delivers. All functions block and throw
/// std::system_error.
class Maildir {
public:
    explicit Maildir(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// The names of mails that nobody has dealt with, the oldest first, at most `most`.
    std::vector<std::string> waiting(std::size_t most) const;
    /// A mail's bytes; nothing when it is gone, or larger than `kLargest`.
    std::optional<std::string> read(const std::string& name) const;
    /// Moves the mail from `new` to `cur`, as seen.
    void dealt_with(const std::string& name) const;

    static constexpr std::size_t kLargest = 32U << 20U;

private:
    std::filesystem::path folder_;
};

}  // namespace paysync::mail
