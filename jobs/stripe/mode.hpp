// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace paysync::stripe {

/// Whether an answer of Stripe's says "livemode" only with the other value than `livemode`. Answers
/// that do not say it at all, such as accounts, contradict nothing.
bool contradicts_mode(std::string_view body, bool livemode);

}  // namespace paysync::stripe
