// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/app/runs/run.hpp"
#include "daemon/base/loop/task.hpp"

#include <cstdint>
#include <string>

namespace paysync::runs {

/// How the daemons of one database agree which of them runs a slot or a requested run: each asks
/// the database, and one gets it. An interface, so that the scheduler can be tested without one.
class SlotClaims {
public:
    virtual ~SlotClaims() = default;
    virtual Task<SlotPlan> plan_slot(std::string job) = 0;
    virtual Task<SlotClaim> claim_slot(SlotRequest request) = 0;
    /// Begins the run that an operator has requested and yields its id; 0 when another daemon has
    /// begun it.
    virtual Task<std::int64_t> claim_requested_run(std::string job) = 0;
};

}  // namespace paysync::runs
