// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace paysync::mail {

/// An address that must not go on the wire. what() says why and does not repeat the address.
class BadAddress final : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

/// The address as SMTP takes it: the domain in ASCII (IDNA 2008), the local part unchanged.
/// `pay@bücher.test` becomes `pay@xn--bcher-kva.test`. Throws BadAddress for anything that could
/// end the SMTP command early (libcurl passes CR and LF on to the server) or that mail servers
/// refuse: a label of 64 bytes, `-bad-.test`, an emoji as domain, a local part of 65 bytes or with
/// quotes. The domain `pay.email` refuses the same addresses when they are stored; a test compares
/// both. `utf8` allows a local part that is not ASCII, for servers that offer SMTPUTF8.
std::string wire_address(const std::string& address, bool utf8 = false);

/// The part after the last '@', in ASCII. Throws BadAddress.
std::string wire_domain(const std::string& address);

bool is_ascii(const std::string& text);

/// The address for a log line, `j***@example.com`: enough to recognise it, too little to write to
/// it.
std::string masked(const std::string& address);

/// A server's reply for a log line or a column, with every address in it masked.
std::string masked_text(const std::string& text);

}  // namespace paysync::mail
