// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>

namespace paysync {

/// What a pass has done: filled in by the job, written down as a run. A pass that did nothing and
/// failed at nothing leaves no trace.
class Report {
public:
    /// So many rows, accounts or messages were worked on.
    void did(int count = 1) noexcept { done_ += count; }

    /// So many could not be; `reason` says why in one line, without personal data.
    void failed(std::string reason, int count = 1) {
        failed_ += count;
        reason_ = std::move(reason);
    }

    int done() const noexcept { return done_; }
    int failures() const noexcept { return failed_; }
    /// Of the last failure; empty without one.
    const std::string& reason() const noexcept { return reason_; }

private:
    int done_ = 0;
    int failed_ = 0;
    std::string reason_;
};

}  // namespace paysync
