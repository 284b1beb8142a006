// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/call.hpp"
#include "tests/stripe_sim/faults.hpp"

namespace stripe_sim {

/// The error that a fault of kind `status` or `500_after` answers with.
Answer fault_answer(const Fault& fault);

/// Changes an answer that is ready as the fault wants it.
void apply_fault(const Fault& fault, Answer& answer);

}  // namespace stripe_sim
