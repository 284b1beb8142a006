// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace paysync {

struct Context;

/// A job of the daemon, for example `onboarding.sweep`. The scheduler calls run() again and again;
/// each call is a pass. Passes of one Job object never overlap. A Job object lives as long as the
/// configuration that it was made from, so members may carry state from one pass to the next.
class Job {
public:
    virtual ~Job() = default;

    /// The job's public name, used in the configuration, in `pay.runs` and by paysyncctl.
    virtual std::string name() const = 0;

    /// The pause between two passes when nothing wakes the job.
    virtual std::chrono::milliseconds every() const = 0;

    /// PostgreSQL channels: a NOTIFY on one of them starts a pass at once.
    virtual std::vector<std::string> channels() const { return {}; }

    /// Does what is due now and returns. A problem with one row, account or message is recorded in
    /// the database and in `context.report`, and the pass goes on. An exception means that the pass
    /// as a whole could not go on: the database is unavailable, Stripe refuses the key.
    virtual Task<void> run(Context& context) = 0;
};

}  // namespace paysync
