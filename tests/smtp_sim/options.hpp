// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace smtp_sim {

/// How a client comes to an encrypted connection.
enum class Tls { none, starttls, implicit };

/// What a server is and offers; the defaults make a plain server that accepts everything.
struct Options {
    std::string host = "127.0.0.1";
    /// 0: any free port.
    std::uint16_t port = 0;
    /// The name in the greeting and in the answer to EHLO.
    std::string name = "smtp-sim.test";

    Tls tls = Tls::none;
    /// PEM files of the chain and the private key; needed unless `tls` is none.
    std::filesystem::path certificate = {};
    std::filesystem::path key = {};
    /// False: STARTTLS works but is not in the answer to EHLO (as if stripped on the way).
    bool advertise_starttls = true;
    /// MAIL without TLS is refused with 530.
    bool require_tls = false;

    /// Empty: no AUTH. Otherwise MAIL needs a login; on a server with TLS only inside TLS.
    std::string user = {};
    std::string password = {};
    /// The bearer token of XOAUTH2; empty: the password.
    std::string token = {};
    std::vector<std::string> mechanisms = {"PLAIN", "LOGIN", "XOAUTH2"};

    /// Largest message in bytes, advertised as SIZE; 0: SIZE is not advertised, `kMostBytes` holds.
    std::uint64_t size = 25U << 20U;
    bool eight_bit_mime = true;
    /// False: a message with bytes above 127 that MAIL did not declare (BODY=8BITMIME) is refused
    /// with 554; most servers would take it.
    bool undeclared_8bit = false;
    /// False: an address with bytes above 127 is refused with 553.
    bool smtputf8 = true;
    /// False: a client that sends a command before the last one is answered gets 554 and the end.
    bool pipelining = true;

    /// Where accepted messages are written as NNNN.eml; empty: nowhere. Made when missing.
    std::filesystem::path folder = {};
    /// False: of a recorded message only the headers are kept in memory, and the digest of it all.
    bool keep_bodies = true;
    /// More connections are greeted with 421.
    std::size_t most_connections = 1000;
    /// A client that is silent for so long gets 421 and the end of the connection.
    std::chrono::milliseconds idle = std::chrono::minutes(5);
};

/// No message may be larger, whatever the options say.
constexpr std::uint64_t kMostBytes = 256U << 20U;

}  // namespace smtp_sim
