// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace smtp_sim {

/// How a connection becomes encrypted.
enum class Tls { none, starttls, implicit };

/// The extensions that a server offers and requires. The defaults make an unencrypted server that
/// accepts everything.
struct Options {
    std::string host = "127.0.0.1";
    /// 0: any free port.
    std::uint16_t port = 0;
    /// The host name in the greeting and in the reply to EHLO.
    std::string name = "smtp-sim.test";

    Tls tls = Tls::none;
    /// PEM files of the certificate chain and the private key; required unless `tls` is none.
    std::filesystem::path certificate = {};
    std::filesystem::path key = {};
    /// False: STARTTLS works but is missing in the reply to EHLO, as if an attacker had removed it.
    bool advertise_starttls = true;
    /// MAIL without TLS is refused with 530.
    bool require_tls = false;

    /// Empty: no AUTH. Otherwise MAIL requires a login, on a server with TLS only inside TLS.
    std::string user = {};
    std::string password = {};
    /// The bearer token of XOAUTH2; empty: the password.
    std::string token = {};
    std::vector<std::string> mechanisms = {"PLAIN", "LOGIN", "XOAUTH2"};

    /// The largest message in bytes, advertised as SIZE. 0: SIZE is not advertised and `kMostBytes`
    /// applies.
    std::uint64_t size = 25U << 20U;
    bool eight_bit_mime = true;
    /// False: a message with bytes above 127 that MAIL did not declare by BODY=8BITMIME is refused
    /// with 554. Most servers would accept it.
    bool undeclared_8bit = false;
    /// False: an address with bytes above 127 is refused with 553.
    bool smtputf8 = true;
    /// False: a message with bytes above 127 in its header that MAIL did not declare by SMTPUTF8 is
    /// refused with 550 5.6.9 (RFC 6531, RFC 6532). BODY=8BITMIME alone declares the body only.
    bool undeclared_utf8_headers = false;
    /// False: a client that sends a command before the last one is answered gets 554, and the
    /// connection ends.
    bool pipelining = true;

    /// The folder for accepted messages (NNNN.eml), created if it is missing. Empty: no files.
    std::filesystem::path folder = {};
    /// False: memory keeps only the headers of a message and the digest of all of it.
    bool keep_bodies = true;
    /// Connections above this number are greeted with 421.
    std::size_t most_connections = 1000;
    /// A client that is silent for this long gets 421, and the connection ends.
    std::chrono::milliseconds idle = std::chrono::minutes(5);
};

/// The upper limit of a message, whatever the options say.
constexpr std::uint64_t kMostBytes = 256U << 20U;

}  // namespace smtp_sim
