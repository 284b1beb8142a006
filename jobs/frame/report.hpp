// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>

namespace paysync {

/// The result of one pass: counts of work done and failed. The job fills it in; the recorder writes
/// it to `pay.runs`. A pass that did nothing and had no failures is not recorded.
class Report {
public:
    /// Counts rows, accounts or messages that were worked on.
    void did(int count = 1) noexcept { done_ += count; }

    /// Counts those that failed. `reason` is one line without personal data.
    void failed(std::string reason, int count = 1) {
        failed_ += count;
        reason_ = std::move(reason);
    }

    int done() const noexcept { return done_; }
    int failures() const noexcept { return failed_; }
    /// The reason of the last failure; empty if nothing failed.
    const std::string& reason() const noexcept { return reason_; }

private:
    int done_ = 0;
    int failed_ = 0;
    std::string reason_;
};

}  // namespace paysync
