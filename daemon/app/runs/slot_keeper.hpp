// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/app/runs/run.hpp"
#include "daemon/base/loop/task.hpp"

#include <cstdint>
#include <string>

namespace paysync::runs {

/// What daemons of one database agree on through it.
class SlotKeeper {
public:
    virtual ~SlotKeeper() = default;
    virtual Task<SlotPlan> plan(std::string job) = 0;
    virtual Task<SlotClaim> claim(SlotWish wish) = 0;
    /// Begins the run that was asked for, 0 when another daemon has it.
    virtual Task<std::int64_t> claim_asked(std::string job) = 0;
};

}  // namespace paysync::runs
