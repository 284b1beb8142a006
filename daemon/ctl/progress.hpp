// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

namespace paysync::cli {

/// A bar on standard error that shows how far something is, or a number where nobody knows how far
/// it goes, while standard error is a terminal and standard output is not; silent otherwise.
class Progress {
public:
    explicit Progress(std::optional<std::int64_t> total);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Whether it would be shown: the total need not be known otherwise.
    static bool wanted();
    void at(std::int64_t done);

private:
    std::optional<std::int64_t> total_;
    bool shown_;
};

}  // namespace paysync::cli
