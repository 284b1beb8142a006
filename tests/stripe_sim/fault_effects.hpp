// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/call.hpp"
#include "tests/stripe_sim/faults.hpp"

namespace stripe_sim {

/// The error of a fault of kind `status` or `500_after`.
Answer fault_answer(const Fault& fault);

/// Changes a complete answer as the fault says.
void apply_fault(const Fault& fault, Answer& answer);

}  // namespace stripe_sim
