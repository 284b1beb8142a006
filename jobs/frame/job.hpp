// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task.hpp"

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

namespace paysync {

struct Context;

/// One duty of the daemon, done in passes.
class Job {
public:
    virtual ~Job() = default;

    /// `onboarding.commands`: the section of the configuration, and the duty.
    virtual std::string name() const = 0;

    /// How long to wait between passes when nothing wakes the job.
    virtual std::chrono::milliseconds every() const = 0;

    /// PostgreSQL channels that wake the job at once.
    virtual std::vector<std::string> channels() const { return {}; }

    /// Does what is due now and returns. One bad row, account or message is recorded and does not
    /// end the pass; an exception means that the pass as a whole could not go on.
    virtual Task<void> run(Context& context) = 0;
};

}  // namespace paysync
