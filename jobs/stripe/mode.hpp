// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace paysync::stripe {

/// Whether all fields "livemode" in the response have the other value than `livemode`, and there is
/// at least one. Accounts, for example, have none, so they contradict neither mode. It guards
/// against a live key in a test installation and the reverse.
bool contradicts_mode(std::string_view body, bool livemode);

}  // namespace paysync::stripe
