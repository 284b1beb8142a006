// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

namespace paysync::ctl {

/// Shows on standard error how far an export is: a bar when the total is known, otherwise a count.
/// It is shown only while standard error is a terminal and standard output is not, which is the
/// case when the output is redirected to a file; otherwise nothing is printed.
class Progress {
public:
    explicit Progress(std::optional<std::int64_t> total);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Whether it would be shown. If not, the caller need not find out the total.
    static bool wanted();
    void at(std::int64_t done);

private:
    std::optional<std::int64_t> total_;
    bool shown_;
};

}  // namespace paysync::ctl
