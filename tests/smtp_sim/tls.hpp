// SPDX-License-Identifier: MIT
#pragma once

#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <string>

namespace smtp_sim {

struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Ssl = std::unique_ptr<SSL, FreeSsl>;
using SslContext = std::unique_ptr<SSL_CTX, FreeSsl>;

/// A server context for TLS 1.2 and 1.3 with a certificate chain and its key from PEM files. Throws
/// std::runtime_error with OpenSSL's message if they do not match.
SslContext server_context(const std::filesystem::path& certificate,
                          const std::filesystem::path& key);

/// Clears OpenSSL's errors of this thread and returns the first.
std::string openssl_error();

}  // namespace smtp_sim
