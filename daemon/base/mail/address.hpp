// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace paysync::mail {

/// An address that must not go on the wire; what() says why without repeating it.
class BadAddress final : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

/// The address as SMTP takes it: the domain in ASCII (IDNA 2008), the local part as it is. Throws
/// BadAddress for anything that could end the command early or that no mailbox has: libcurl passes
/// CR and LF on to the server. `utf8` allows a local part outside ASCII (the server offers
/// SMTPUTF8).
std::string wire_address(const std::string& address, bool utf8 = false);

/// The part after the last '@', in ASCII.
std::string wire_domain(const std::string& address);

/// `j***@example.com`: enough for an operator to recognise, not enough to write to.
std::string masked(const std::string& address);

/// A server's words with every address in them masked.
std::string masked_text(const std::string& text);

}  // namespace paysync::mail
