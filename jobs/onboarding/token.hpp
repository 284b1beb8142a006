// SPDX-License-Identifier: MIT
#pragma once

#include <string>

/// Secrets and addresses that a person must repeat.
namespace paysync::onboarding {

/// 128 random bits as hexadecimal digits.
std::string random_token();

/// Compares in constant time, so that the duration does not tell how much of a token was right.
bool equal_tokens(const std::string& left, const std::string& right) noexcept;

/// Whether two mail addresses name the same mailbox: surrounding blanks and the case of ASCII
/// letters are ignored.
bool same_mail_address(const std::string& left, const std::string& right);

}  // namespace paysync::onboarding
