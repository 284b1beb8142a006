// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace paysync::onboarding {

/// 128 random bits in hexadecimal digits.
std::string random_token();

/// Compares in a time that does not depend on where the texts differ.
bool same_token(const std::string& left, const std::string& right) noexcept;

/// Whether two e-mail addresses name the same mailbox as far as can be told: blanks around them and
/// the case of ASCII letters do not count.
bool same_address(const std::string& left, const std::string& right);

}  // namespace paysync::onboarding
